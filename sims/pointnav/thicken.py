"""Grows a floor by half a cell without changing how it is connected.

The nodes where the disc fits lie half a cell inside the true free space on average, so a path along them is too long at
every corner. Taking in nodes that are up to half a cell too near a wall centres the error, but could open a gap that is
too narrow for the disc. So a node is taken in only if it is *simple* (Bertrand 1994, 'Simple points, topological
numbers and geodesic neighborhoods in cubic grids'): neither joining two parts of the floor nor swallowing an obstacle.
"""

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel


def thicken(free: NDArray[np.bool_], clearance: NDArray[np.uint16], least: float) -> NDArray[np.bool_]:
    """`free` with the simple nodes beside it whose clearance is at least `least`, the clearest first.

    Args:
        free: `[n_y, n_x]` bool, False along the edges.
        clearance: `[n_y, n_x]`, in any unit.
        least: in the same unit.
    """
    grown = free.copy()
    band = np.flatnonzero((clearance >= least) & ~free)
    band = band[np.argsort(clearance.reshape(-1)[band], kind="stable")[::-1]]
    _take_in(band, free.shape[1], SIMPLE, grown.reshape(-1))
    return grown


@kernel
def _take_in(band, columns, simple, free):
    for node in band:
        code = 0
        for k in range(8):
            code |= int(free[node + _RING[k, 0] * columns + _RING[k, 1]]) << k
        if simple[code]:
            free[node] = True


# The eight neighbours in order round the node; even positions are the four direct ones.
_RING = np.array([(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)], np.int64)


def _is_simple(code: int) -> bool:
    """Whether the ring's floor touches the node directly in exactly one piece, and its obstacles are one piece.

    Floor connects through direct neighbours only, obstacles through corners too. On a ring each maximal run of floor is
    a piece (it counts if it contains a direct neighbour); were there two, the node would join them. With one such run
    the obstacles are one piece too, and there is one unless the whole ring is floor: then the node is itself the last
    of an obstacle.
    """
    ring = [(code >> k) & 1 == 1 for k in range(8)]
    if all(ring) or not any(ring[::2]):
        return False
    breaks = [k for k in range(8) if not ring[k]]
    first = breaks[0]
    touching = 0
    in_piece = False
    for k in range(first, first + 9):
        if not ring[k % 8]:
            in_piece = False
        elif k % 2 == 0 and not in_piece:
            touching += 1
            in_piece = True
    return touching == 1


SIMPLE = np.array([_is_simple(code) for code in range(256)])
