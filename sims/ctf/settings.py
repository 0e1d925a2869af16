"""What the shells of Capture the Flag are given, checked."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sims.core.hints import did_you_mean
from sims.ctf.bots import Bots
from sims.ctf.state import EVENTS, N_EVENTS, POINTS, State

MAX_WHOLE = 10**9
"""Of whole-numbered settings: steps are counted in 32 bits."""


class Snapshot(NamedTuple):
    """All that differs from match to match, the bots' minds included."""

    state: State
    bots: Bots


def whole_matches(num_envs: int, n_controlled: int, n_players: int) -> int:
    """How many matches `num_envs` slots are.

    Raises:
        ValueError: not a whole number.
    """
    if num_envs % n_controlled:
        raise ValueError(
            f"num_envs={num_envs} slots can't be shared out to whole matches: with {n_controlled} controlled players a "
            f"match use a multiple of {n_controlled}, or let bots play others, as bots={{{n_players - 1}: 3}}"
        )
    return num_envs // n_controlled


def weights_of(
    event_weights: ArrayLike | Mapping[str, float] | None,
    n_matches: int,
    n_players: int,
    controlled: NDArray[np.int32],
) -> NDArray[np.float64]:
    """What each event is worth to each player, `[match, player, event]`; nothing to bots.

    Raises:
        ValueError: not numbers, not finite, another shape, or an unknown name.
    """
    n_slots = n_matches * len(controlled)
    wanted = f"finite numbers of shape ({N_EVENTS},) or ({n_slots}, {N_EVENTS}), one an event of sims.ctf.state.EVENTS"
    try:
        given = np.asarray(_by_name(event_weights), np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"event_weights must be {wanted}, or numbers by name: {error}") from None
    if given.shape not in ((N_EVENTS,), (n_slots, N_EVENTS)) or not np.isfinite(given).all():
        raise ValueError(f"event_weights must be {wanted}, got shape {given.shape}")
    weights = np.zeros((n_matches, n_players, N_EVENTS))
    weights[:, controlled] = np.broadcast_to(given, (n_slots, N_EVENTS)).reshape(n_matches, -1, N_EVENTS)
    return weights


def _by_name(event_weights: ArrayLike | Mapping[str, float] | None) -> ArrayLike:
    if event_weights is None:
        return POINTS
    if not isinstance(event_weights, Mapping):
        return event_weights
    for name in event_weights:
        if name not in EVENTS:
            raise ValueError(f"there is no event {name!r}: {did_you_mean(name, EVENTS)}known are {', '.join(EVENTS)}")
    return [event_weights.get(name, 0.0) for name in EVENTS]


def check_alike(snapshot: Snapshot, own: Snapshot, n_maps: int) -> None:
    """Refuse a snapshot of another env.

    Raises:
        ValueError: naming what differs.
    """
    for part, blank in zip(snapshot, own, strict=True):
        for name, array, wanted in zip(type(blank)._fields, part, blank, strict=True):
            if array.shape != wanted.shape or array.dtype != wanted.dtype:
                raise ValueError(
                    f"the snapshot's {name} is {array.dtype} {array.shape}, this env's {wanted.dtype} {wanted.shape}: "
                    "restore into an env with as many matches and players, on the same maps"
                )
    if snapshot.state.map.min() < 0 or snapshot.state.map.max() >= n_maps:
        raise ValueError(f"the snapshot is of other maps: this env has {n_maps}; give it the snapshot's own")
