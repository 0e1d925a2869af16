"""Records: what an agent's memory held at every step of whole episodes, in arrays and in files that anyone can read."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import parquet
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from probes.grid import CELLS
from sims.core.files import check_folder, write_folder
from sims.pointnav.state import MEASURES

FORMAT = "umwelt-record-1"
STATES, UNTRAINED, STEPS, MAPS = (f"{name}.safetensors" for name in ("states", "untrained", "steps", "maps"))
EPISODES, ABOUT = "episodes.parquet", "record.json"

STEP_SHAPES: dict[str, tuple[tuple[int, ...], str]] = {
    "pose_start": ((3,), "<f8"),
    "pose_world": ((3,), "<f8"),
    "observation": ((12,), "<f4"),
    "action": ((), "|i1"),
    "collided": ((), "|b1"),
}
"""Shape of a sample and NumPy type of every array in `steps.safetensors`."""

EPISODE_TYPES: dict[str, str] = {
    "number": "<i8",
    "first": "<i8",
    "steps": "<i8",
    **dict.fromkeys(("start_x", "start_y", "start_heading", "goal_x", "goal_y", *MEASURES), "<f8"),
}
"""Columns of `episodes.parquet` beside `layout`."""


class Record(NamedTuple):
    """Whole episodes one after the other; a sample is one step, and an episode is a slice of the samples.

    Sample t of an episode is the moment at which the agent has seen observation t, at pose t, and not yet acted: its
    memory then, the action that it went on to take, and whether that action ended at a wall. The last sample is the one
    before STOP (or before the last action of an episode that ran out of steps).

    Attributes:
        states: `h.0`, `c.0`, `h.1`, ... `[row, hidden]` float16 (8 times finer than the bfloat16 that the LSTM
            multiplies in): output and cell of every layer. There is a row for every sample, or for some.
        untrained: the same of an agent that never learned and was shown the same observations.
        at: `[row]` int64, ascending, which sample each row is of; the last sample of every episode always has one.
        steps: the arrays of STEP_SHAPES. `pose_start` is x, y, heading in the frame of the episode's start (origin at
            the start, x along the first heading, y to its left), `pose_world` in the layout's frame (x right, y up);
            metres, and radians counter-clockwise in [-pi, pi).
        layouts: the layout's name for every episode.
        episodes: the columns of EPISODE_TYPES, `[episode]`: number in the pool, first sample, samples, start and goal
            in the world frame, and the measures of `sims.pointnav.state.MEASURES`.
        free: `[episode, 96, 96]` bool, the true map in the start frame: see `probes.grid`.
        about: whose it is and how it was made, as JSON.
    """

    states: dict[str, NDArray[np.float16]]
    untrained: dict[str, NDArray[np.float16]]
    at: NDArray[np.int64]
    steps: dict[str, NDArray[Any]]
    layouts: list[str]
    episodes: dict[str, NDArray[Any]]
    free: NDArray[np.bool_]
    about: dict[str, Any]

    def slice_of(self, episode: int) -> slice:
        """The samples of an episode."""
        first = int(self.episodes["first"][episode])
        return slice(first, first + int(self.episodes["steps"][episode]))

    def rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For every episode its first row of states, and how many it has."""
        first = np.searchsorted(self.at, self.episodes["first"])
        return first, np.searchsorted(self.at, self.episodes["first"] + self.episodes["steps"]) - first

    def path(self, episode: int) -> NDArray[np.float64]:
        """Positions `[step, 2]` of an episode in the start frame, metres."""
        return self.steps["pose_start"][self.slice_of(episode), :2]

    def layout_numbers(self) -> NDArray[np.int64]:
        """For every episode the number of its layout among those that occur."""
        return np.unique(self.layouts, return_inverse=True)[1].reshape(-1)


def write_record(folder: Path, record: Record) -> None:
    """Write `record` as the new folder `folder`, whole or not at all.

    Raises:
        FileExistsError: `folder` is there already. ValueError: the arrays do not fit together.
    """
    check_record(record)

    def fill(temporary: Path) -> None:
        for name, arrays in (
            (STATES, {"sample": record.at, **record.states}),
            (UNTRAINED, {"sample": record.at, **record.untrained}),
            (STEPS, record.steps),
            (MAPS, {"free": record.free}),
        ):
            save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, temporary / name)
            (temporary / name).chmod(0o644)  # safetensors makes files that nobody else may read
        columns = {"layout": pyarrow.array(record.layouts, pyarrow.string())}
        columns |= {name: pyarrow.array(values) for name, values in record.episodes.items()}
        parquet.write_table(pyarrow.table(columns), temporary / EPISODES)
        (temporary / ABOUT).write_text(json.dumps({"format": FORMAT, **record.about}, indent=1) + "\n")
        (temporary / "README.md").write_text(_readme(record))

    write_folder(folder, fill)


def read_record(folder: Path) -> Record:
    """Read what `write_record` wrote, after comparing every file with its hash.

    Raises:
        FileNotFoundError: there is no record. ValueError: a file is damaged, or the arrays do not fit together.
    """
    if not (folder / ABOUT).is_file():
        raise FileNotFoundError(f"{folder} holds no record ({ABOUT} is missing): make one with `umwelt probe record`")
    check_folder(folder)
    try:
        about = json.loads((folder / ABOUT).read_text())
        if about.get("format") != FORMAT:
            raise ValueError(f"{folder} is of format {about.get('format')!r}, expected {FORMAT!r}: record anew")
        table = parquet.read_table(folder / EPISODES)
        episodes = {name: table[name].to_numpy() for name in EPISODE_TYPES}
        layouts = table["layout"].to_pylist()
        states, untrained, steps, maps = (load_file(folder / name) for name in (STATES, UNTRAINED, STEPS, MAPS))
        at, also = states.pop("sample"), untrained.pop("sample")
        free = maps["free"]
    except (SafetensorError, json.JSONDecodeError, KeyError, pyarrow.ArrowException) as error:
        raise ValueError(f"the record in {folder} can't be read ({error}): remove it and record anew") from error
    if not np.array_equal(at, also):
        raise ValueError(f"{STATES} and {UNTRAINED} in {folder} are of different samples: record anew")
    about.pop("format")
    record = Record(states, untrained, at, steps, layouts, episodes, free, about)
    check_record(record)
    return record


def check_record(record: Record) -> None:
    """Refuse a record whose arrays do not fit together, naming the first that does not."""
    n_episodes, n_samples = len(record.layouts), len(record.steps.get("action", ()))
    _check_columns("steps", record.steps, {k: ((n_samples, *s), d) for k, (s, d) in STEP_SHAPES.items()})
    _check_columns("episodes", record.episodes, {k: ((n_episodes,), d) for k, d in EPISODE_TYPES.items()})
    _check_columns("maps", {"free": record.free}, {"free": ((n_episodes, CELLS, CELLS), "|b1")})
    first, lengths = record.episodes["first"], record.episodes["steps"]
    if (lengths < 1).any() or (first != np.cumsum(lengths) - lengths).any():
        raise ValueError("episodes must follow one another without a gap: first is the sum of the steps before")
    if lengths.sum() != n_samples:
        raise ValueError(f"the episodes have {lengths.sum()} steps in all, the arrays {n_samples} samples")
    at = record.at
    if at.ndim != 1 or at.dtype != np.int64 or (np.diff(at) < 1).any() or not np.isin(first + lengths - 1, at).all():
        raise ValueError("at must be int64 [row], ascending, with the last sample of every episode among them")
    if at[0] < 0 or at[-1] >= n_samples:
        raise ValueError(f"at must be in [0, {n_samples}), got {at[0]} to {at[-1]}")
    for part, arrays in (("states", record.states), ("untrained", record.untrained)):
        _check_states(part, arrays, sorted(record.states), len(at))


def _check_states(part: str, arrays: dict[str, NDArray[np.float16]], names: list[str], n_rows: int) -> None:
    if sorted(arrays) != names or not names:
        raise ValueError(f"{part} must hold {names or 'h.0, c.0, ...'}, got {sorted(arrays)}")
    for name, array in arrays.items():
        if array.ndim != 2 or len(array) != n_rows or array.dtype != np.float16:
            raise ValueError(f"{part} {name} must be float16 [{n_rows}, hidden], got {array.dtype} {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{part} {name} holds a number that float16 can't (over 65,504): record another agent")


def _check_columns(
    part: str, arrays: dict[str, NDArray[Any]], expected: dict[str, tuple[tuple[int, ...], str]]
) -> None:
    if set(arrays) != set(expected):
        raise ValueError(f"{part} must hold {sorted(expected)}, got {sorted(arrays)}")
    for name, (shape, dtype) in expected.items():
        if arrays[name].shape != shape or arrays[name].dtype != np.dtype(dtype):
            got = f"{arrays[name].dtype} {arrays[name].shape}"
            raise ValueError(f"{part} {name} must be {np.dtype(dtype)} {shape}, got {got}")


def _readme(record: Record) -> str:
    units = ", ".join(f"`{name}` {list(array.shape)}" for name, array in record.states.items())
    return _README.format(
        units=units, episodes=len(record.layouts), samples=len(record.steps["action"]), measures=", ".join(MEASURES)
    )


_README = """\
# A record of an agent's memory ({episodes} episodes, {samples} steps)

Made by `umwelt probe record`; `record.json` says of which agent and how, `MANIFEST.json` holds the SHA-256 of each
file. A sample is one step: the agent has seen the observation at that pose and not yet acted. Samples `first` to
`first + steps` (exclusive) are one episode.

`states.safetensors`, float16, [row, unit]: {units}: output h and cell c of each LSTM layer after the observation; and
`sample` int64 [row], which sample a row is of (every one, unless `moments` in `record.json` says how many an episode).
`untrained.safetensors`: the same of an agent of the same architecture with fresh weights, shown the same observations.

`steps.safetensors`, first axis the sample:
- `pose_start` float64 [sample, 3]: x, y (metres), heading (radians) in the frame of the episode's start: origin at the
  start position, x along the first heading, y to its left; counter-clockwise, in [-pi, pi).
- `pose_world` float64 [sample, 3]: the same in the layout's frame: x to the right, y up the page.
- `observation` float32 [sample, 12]: what the agent saw: goal x, y; position x, y; cosine and sine of the heading (all
  in the start frame); min(distance to the goal, 0.5 m); previous action, one-hot: start, STOP, FORWARD, LEFT, RIGHT.
- `action` int8: what it did then: 0 STOP, 1 FORWARD (0.25 m), 2 LEFT, 3 RIGHT (10 degrees).
- `collided` bool: whether that action touched a wall.

`maps.safetensors`: `free` bool [episode, 96, 96], the true map. Cell [i, j] covers x in [(i - 48) / 4, (i - 47) / 4)
and y in [(j - 48) / 4, (j - 47) / 4) metres of the start frame; it is true where at least two quarters of the cell have
a point where the agent's centre can be.

`episodes.parquet`, a row an episode: `layout` (name), `number` (in the env's pool), `first` and `steps` (its samples),
`start_x`, `start_y`, `start_heading`, `goal_x`, `goal_y` (world frame, metres and radians), and how it ended:
{measures} (metres, counts, or in [0, 1]).

    from safetensors.numpy import load_file
    import pyarrow.parquet as pq
    states, episode = load_file("states.safetensors"), pq.read_table("episodes.parquet").to_pylist()[3]
    inside = (states["sample"] >= episode["first"]) & (states["sample"] < episode["first"] + episode["steps"])
    h = states["h.0"][inside]
"""


def units(states: dict[str, NDArray[np.float16]], rows: NDArray[np.integer]) -> NDArray[np.float32]:
    """Every unit's activity in the chosen rows, `[row, unit]` float32: h and c of all layers side by side.

    That is what the paper's decoders read (3 layers x 2 x 512 numbers).
    """
    return np.concatenate([states[name][rows] for name in unit_names(states)], axis=1).astype(np.float32)


def unit_names(states: dict[str, NDArray[np.float16]]) -> Sequence[str]:
    """The order in which `units` sets them side by side: layer by layer, h before c."""
    return sorted(states, key=lambda name: (int(name.partition(".")[2]), name[0] != "h"))
