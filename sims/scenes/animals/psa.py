"""PSA, the animations of 0 A.D.: where every bone is in every frame."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.animals.binary import Records
from sims.scenes.animals.pmd import BONE, NO_BONE
from sims.scenes.packs.untrusted import AssetError

MOST_FRAMES = 100_000


class Motion(NamedTuple):
    """An animation.

    Attributes:
        name: its own. frame_ms: from one frame to the next. bones: `[frame, bone]` of type BONE, in the mesh's frame.
    """

    name: str
    frame_ms: float
    bones: NDArray


def read_psa(data: bytes, name: str = "the animation") -> Motion:
    """A PSA file of version 1.

    Raises:
        AssetError: another kind of file or version; one that is truncated, or has bytes left over; no frames; values
            that are not finite.
    """
    file = Records(data, name)
    file.begin("PSSA", (1,))
    title = file.text(file.number("letters of its name", 1024), "name")
    frame_ms = float(file.rows(1, "<f4", "frame time")[0])
    n_bones, n_frames = file.number("bones", NO_BONE), file.number("frames", MOST_FRAMES)
    if not n_bones or not n_frames:
        raise AssetError(f"{name} has {n_bones} bones in {n_frames} frames, expected one of each at least")
    bones = file.rows(n_frames * n_bones, BONE, "frames").reshape(n_frames, n_bones)
    if file.at != len(data):
        raise AssetError(f"{name} has {len(data) - file.at} bytes left over at its end: it is damaged; fetch it again")
    if not (np.isfinite(bones["place"]).all() and np.isfinite(bones["turn"]).all()):
        raise AssetError(f"{name} has values that are NaN or infinite, expected finite ones: it is damaged")
    return Motion(title, frame_ms, bones)
