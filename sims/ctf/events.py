"""What happened in a match, and to whom: the stream of events, in memory and as a Parquet table."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.files import appearing
from sims.ctf.state import EVENTS, STEPS_PER_SECOND, State

TEAMS = ("red", "blue")


class Event(NamedTuple):
    """One event.

    Attributes:
        step: steps that were played when it had happened: 1 for the first of the match. player: the player's index in
            its match. event: the index of its name in `sims.ctf.state.EVENTS`. x, y, z: metres, where the player was
            at the end of the step, feet, in the map's frame (`sims.ctf.maps.layout.Map`).
    """

    step: int
    player: int
    event: int
    x: float
    y: float
    z: float


def events_in(counts: NDArray[np.uint8], state: State, match: int) -> list[Event]:
    """The events of the step that has just been played, player by player; what happened twice is there twice.

    Args:
        counts: `[player, 13]` how often each happened: `CaptureTheFlagVectorEnv.events[match]`. state: after the step.
        match: whose events they are.
    """
    step = int(state.clock[match])
    found = np.argwhere(counts)
    return [
        Event(step, int(p), int(i), float(state.x[match, p]), float(state.y[match, p]), float(state.z[match, p]))
        for p, i in found
        for _ in range(int(counts[p, i]))
    ]


def write_events(path: Path, events: Sequence[Event], team_size: int) -> None:
    """Write events as a Parquet table, a row an event, in order; the file appears whole or not at all.

    Columns: `step` (int32, steps played), `seconds` (float32, since the match began), `player` (int8, index in its
    match), `team` ("red" or "blue"), `event` (a name of `sims.ctf.state.EVENTS`), and `x`, `y`, `z` (float32, metres).

    Raises:
        ValueError: pyarrow is not installed, or players that teams of `team_size` haven't.
        FileNotFoundError: the folder of `path` does not exist.
    """
    parquet = import_parquet()
    import pyarrow as pa

    strangers = sorted({event.player for event in events if not 0 <= event.player < 2 * team_size})
    if strangers:
        raise ValueError(f"two teams of {team_size} have no player {strangers[0]}: give the match's own team_size")

    rows = list(zip(*events, strict=True)) or [()] * len(Event._fields)
    step, player, event, x, y, z = (np.array(column) for column in rows)
    columns = {
        "step": pa.array(step.astype(np.int32)),
        "seconds": pa.array((step / STEPS_PER_SECOND).astype(np.float32)),
        "player": pa.array(player.astype(np.int8)),
        "team": pa.array([TEAMS[p >= team_size] for p in player.tolist()], pa.string()),
        "event": pa.array([EVENTS[int(i)] for i in event.tolist()], pa.string()),
        **{name: pa.array(values.astype(np.float32)) for name, values in (("x", x), ("y", y), ("z", z))},
    }
    with appearing(Path(path)) as temporary:
        parquet.write_table(pa.table(columns), temporary, compression="zstd")


def import_parquet() -> ModuleType:
    """`pyarrow.parquet`, which only files need.

    Raises:
        ValueError: it is not installed; the message says how to install it.
    """
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise ValueError("match files and event tables need pyarrow: pip install 'umwelt-sims[ctf]'") from error
    return parquet
