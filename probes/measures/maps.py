"""How well one map agrees with another inside a mask; NumPy only.

Source: Wijmans et al. 2023, whose code takes both within 4 dilations of the visited cells, and the IoU an episode at a
time.
"""

import numpy as np
from numpy.typing import NDArray


def masked_iou(predicted: NDArray[np.bool_], true: NDArray[np.bool_], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Intersection over union of the cells that are true, counting those in `mask` alone.

    Args:
        predicted, true, mask: `[..., row, column]` bool.

    Returns:
        `[...]` in [0, 1]; 1 where neither map has a true cell in the mask, since then they agree.

    Raises:
        ValueError: the shapes or types differ.
    """
    _check(predicted, true, mask)
    both = (predicted & true & mask).sum((-2, -1))
    either = ((predicted | true) & mask).sum((-2, -1))
    return np.where(either == 0, 1.0, both / np.maximum(either, 1))


def masked_balanced_accuracy(
    predicted: NDArray[np.bool_], true: NDArray[np.bool_], mask: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The mean of the shares of true and of false cells in `mask` that are predicted right; 0.5 knows nothing.

    Args:
        predicted, true, mask: `[..., row, column]` bool.

    Returns:
        `[...]` in [0, 1]; where the mask holds cells of one kind alone, the share of those; NaN where it is empty.

    Raises:
        ValueError: the shapes or types differ.
    """
    _check(predicted, true, mask)
    n_true, n_false = (true & mask).sum((-2, -1)), (~true & mask).sum((-2, -1))
    right_true, right_false = (predicted & true & mask).sum((-2, -1)), (~predicted & ~true & mask).sum((-2, -1))
    shares = right_true / np.maximum(n_true, 1) + right_false / np.maximum(n_false, 1)
    kinds = (n_true > 0).astype(np.int64) + (n_false > 0)
    return np.where(kinds == 0, np.nan, shares / np.maximum(kinds, 1))


def _check(predicted: NDArray[np.bool_], true: NDArray[np.bool_], mask: NDArray[np.bool_]) -> None:
    given = {"predicted": predicted, "true": true, "mask": mask}
    if predicted.ndim < 2 or any(a.shape != predicted.shape or a.dtype != np.bool_ for a in given.values()):
        got = ", ".join(f"{name} {a.dtype} {a.shape}" for name, a in given.items())
        raise ValueError(f"maps and mask must be bool of one shape [..., row, column], got {got}")
