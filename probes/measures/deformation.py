"""How far small smooth deformations of images move a representation.

Ruderman, Rabinowitz, Morcos, Zoran 2018 (Pooling is neither necessary nor sufficient for appropriate deformation
stability in CNNs, section 2.1): 5 x 5 evenly spaced control points, here from corner to corner; a destination for each,
drawn uniformly within C pixels of it in each direction; a thin-plate spline between them; bilinear interpolation.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import map_coordinates

from probes.measures.measurement import Measurement
from probes.measures.pairing import (
    DERANGEMENTS,
    Pairs,
    clusters_of,
    directions,
    distances,
    false_pairs,
    matched,
    weights,
)
from probes.measures.resampling import interval_by_bootstrap

Images = NDArray[np.uint8 | np.floating]

CONTROLS = 5
"""Control points a side."""

MOST_PAIRS = 20_000
"""For the median: all pairs, as in the paper, up to 141 images."""

PARALLEL = 1e-12
"""Cosine distances up to this are rounding, of float32 too."""


def deform(images: Images, displacement: float, rng: int | np.random.Generator = 0) -> Images:
    """`images`, each with a smooth random deformation of its own.

    A deformed image shows at each control point what the image has at the point's destination (the source of the
    paper's figure 1), and in between what it has where the spline says, so that each displacement gives an image, be it
    folded. Values are bilinear between pixels and rounded to the nearest in uint8; beyond the border the nearest pixel
    goes on. The same `rng` gives the same deformations, scaled, for each displacement.

    Args:
        images: `[image, height, width, channel]`, uint8 or floating, at least 2 x 2 pixels.
        displacement: C, pixels in each direction; 0 gives the images back to the byte. The paper has 10 of 224.

    Returns:
        New images, of the shape and type of `images`.

    Raises:
        ValueError: images of another shape or type, or with a value that is not finite; a displacement below 0.
    """
    given = _checked(images)
    if not 0 <= displacement < np.inf:
        raise ValueError(f"displacement must be 0 or more pixels, and finite, got {displacement}")
    n, height, width, channels = given.shape
    grid, spline = _spline(height, width)
    moves = displacement * np.random.default_rng(rng).uniform(-1, 1, (n, CONTROLS**2, 2))
    out = np.empty(given.shape, given.dtype)
    for i in range(n):
        at = grid + (spline @ moves[i]).T.reshape(2, height, width)
        for c in range(channels):
            shown = map_coordinates(given[i, ..., c].astype(np.float64), at, order=1, mode="nearest")
            out[i, ..., c] = np.rint(shown) if given.dtype == np.uint8 else shown
    return out


def deformation_stability(
    z: ArrayLike,
    z_deformed: ArrayLike,
    rng: int | np.random.Generator = 0,
    *,
    n_resamples: int = 0,
    clusters: NDArray[np.int64] | None = None,
) -> Measurement:
    """The mean cosine distance of images to their deformed selves, over the median one of different images.

    A distance: exactly 0 where the deformation leaves no trace, 1 where it is as bad as another image. Call it once a
    layer. The median is over all pairs, as in the paper, up to MOST_PAIRS, and over random derangements beyond.

    Args:
        z: `[image, unit]`, of the images as they are. z_deformed: `[image, unit]`, of the same ones deformed.
        rng: draws the derangements and the resamples.
        n_resamples: for the interval. clusters: `[image]`, numbers of what is resampled as one.

    Returns:
        `chance` is what is left if the deformed images are dealt out at random, in closed form: the mean distance of
        images to others' deformed selves, over the same median.

    Raises:
        ValueError: as `pairing.matched`; an image is zero in all units; more than half of all pairs of different images
            are parallel (a constant representation); too few images or clusters to resample.
    """
    generator = np.random.default_rng(rng)
    a, b = (
        _without_zeros(name, x)
        for name, x in zip(("z", "z_deformed"), matched(z, z_deformed, "z_deformed"), strict=True)
    )
    n = len(a)
    groups = clusters_of(n, clusters, n_resamples)
    everybody, false = np.arange(n), false_pairs(n, generator, max(DERANGEMENTS, MOST_PAIRS // n))
    own = distances(a, b, Pairs(everybody, everybody)) ** 2 / 2  # of directions; exactly 0 where they are equal
    others = _cosine_distances(a, a, false)
    order = np.argsort(others)

    def median(chosen: NDArray[np.int64]) -> float:
        passed = np.cumsum(weights(false, chosen, groups)[order])
        low, high = np.searchsorted(passed, [(passed[-1] + 1) // 2, passed[-1] // 2 + 1])
        return float(others[order[low]] + others[order[high]]) / 2

    def score(chosen: NDArray[np.int64]) -> float:
        return float(own[chosen].mean()) / median(chosen)

    typical = median(everybody)
    if typical <= PARALLEL:
        raise ValueError(
            f"z is constant: the median cosine distance of different images is {typical:.2g}, expected more than "
            f"{PARALLEL:g}: take another layer, or images that differ"
        )
    return Measurement(
        score(everybody),
        "distance",
        float(_cosine_distances(a, b, false).mean()) / typical,
        n,
        interval_by_bootstrap(score, n, n_resamples, generator, groups),
    )


def deformation_curve(
    encode: Callable[[Images], ArrayLike],
    images: Images,
    displacements: Sequence[float],
    rng: int | np.random.Generator = 0,
    *,
    n_resamples: int = 0,
    clusters: NDArray[np.int64] | None = None,
) -> dict[float, Measurement]:
    """`deformation_stability` at each displacement: the same deformations, scaled, and the same pairs of images.

    Args:
        encode: from images `[image, height, width, channel]` to `[image, unit]`. The rest as for the functions above.

    Raises:
        ValueError: as `deform` and `deformation_stability`.
    """
    moves, pairs = (int(seed) for seed in np.random.default_rng(rng).integers(2**63, size=2))
    z = encode(images)
    return {
        c: deformation_stability(z, encode(deform(images, c, moves)), pairs, n_resamples=n_resamples, clusters=clusters)
        for c in displacements
    }


def _checked(images: Images) -> Images:
    given = np.asarray(images)
    wanted = given.dtype == np.uint8 or given.dtype.kind == "f"
    if not wanted or given.ndim != 4 or min(given.shape[1:3]) < 2:
        raise ValueError(
            f"images must be uint8 or floating [image, height, width, channel] of at least 2 x 2 pixels, got "
            f"{given.dtype} {given.shape}"
        )
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        image = np.argwhere(~np.isfinite(given))[0][0]
        raise ValueError(f"images must be finite, image {image} is not: leave it out")
    return given


def _spline(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixels `[2, height, width]` (row, column), and what each takes of the 25 controls' moves `[pixel, 25]`."""
    rows, columns = np.linspace(0, height - 1, CONTROLS), np.linspace(0, width - 1, CONTROLS)
    controls = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    grid = np.indices((height, width), np.float64)
    spline = RBFInterpolator(controls, np.eye(len(controls)), kernel="thin_plate_spline", degree=1)
    return grid, spline(grid.reshape(2, -1).T)


def _without_zeros(name: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The directions of `x` `[image, unit]`, all of which must have one."""
    dead = np.flatnonzero(~x.any(1))
    if len(dead):
        raise ValueError(
            f"{name} is zero in all units for {len(dead)} images, the first of them {dead[0]}, and zero has no "
            f"direction: leave them out"
        )
    return directions(x)


def _cosine_distances(a: NDArray[np.float64], b: NDArray[np.float64], pairs: Pairs) -> NDArray[np.float64]:
    """Of directions of `a` to directions of `b`, `[pair]`; where all pairs are asked for, one product is far faster."""
    if len(pairs.left) == len(a) * (len(a) - 1):
        return 1.0 - (a @ b.T)[pairs.left, pairs.right]
    return distances(a, b, pairs) ** 2 / 2
