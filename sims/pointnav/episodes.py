"""PointGoal episodes in Habitat's file format: gzipped JSON as habitat-lab's `PointNavDatasetV1` reads and writes it.

The keys are the attributes of habitat-lab's `NavigationEpisode` and `NavigationGoal` (`tasks/nav/nav.py`), which refuse
any other. Poses are in Habitat's frame (y up, forward -z, quaternions x, y, z, w; see `sims.pointnav.frames`), metres.
"""

import gzip
import io
import json
import math
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from sims.core.files import write_atomic

CONTENT = "{data_path}/content/{scene}.json.gz"
"""Where habitat-lab looks for the files of single scenes unless a split file's `content_scenes_path` says otherwise."""


class Episode(NamedTuple):
    """One task: go from the start to the goal. Positions in metres, Habitat's frame.

    Attributes:
        episode_id: its name, unique within the scene's file.
        scene_id: path of the scene, such as `gibson/Adrian.glb`, relative to Habitat's folder of scenes.
        start_position: x, y, z.
        start_rotation: unit quaternion x, y, z, w.
        goal_position: x, y, z.
        goal_radius: metres, or None where the file gives none.
        geodesic_distance: metres from start to goal on the navigation mesh, or None where the file gives none.
    """

    episode_id: str
    scene_id: str
    start_position: tuple[float, ...]
    start_rotation: tuple[float, ...]
    goal_position: tuple[float, ...]
    goal_radius: float | None
    geodesic_distance: float | None


def read_episodes(path: str | Path) -> list[Episode]:
    """Read the episodes of a `.json.gz` file, in its order.

    A split file without episodes of its own stands for the files of single scenes beside it (`content/<scene>.json.gz`,
    or where its `content_scenes_path` points): these are read in the order of the scenes' names, as habitat-lab does.
    What blind navigation doesn't use (stored shortest paths, rooms, difficulty) is passed over.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not gzip, cut short or not JSON; an episode lacks a key, has other than one goal, or
            holds a vector of the wrong length or a number that is not finite.
    """
    path = Path(path)
    document = _load(path)
    episodes = _parse(document, path)
    if episodes:
        return episodes
    return [episode for part in _content_files(document, path) for episode in _parse(_load(part), part)]


def write_episodes(path: str | Path, episodes: Iterable[Episode]) -> None:
    """Write a `.json.gz` file that habitat-lab loads, whole or not at all; the same episodes give the same bytes.

    Raises:
        ValueError: an episode's vector has the wrong length, or a number is not finite; nothing is written.
    """
    entries = [_entry(episode) for episode in episodes]
    for number, entry in enumerate(entries):
        _episode(entry, f"{path}: episode {number}")
    text = json.dumps({"episodes": entries}, separators=(",", ":"), allow_nan=False)
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as file:
        file.write(text.encode())
    write_atomic(Path(path), buffer.getvalue())


def _entry(episode: Episode) -> dict[str, Any]:
    distance, radius = episode.geodesic_distance, episode.goal_radius
    return {
        "episode_id": str(episode.episode_id),
        "scene_id": str(episode.scene_id),
        "start_position": [float(v) for v in episode.start_position],
        "start_rotation": [float(v) for v in episode.start_rotation],
        "info": None if distance is None else {"geodesic_distance": float(distance)},
        "goals": [
            {
                "position": [float(v) for v in episode.goal_position],
                "radius": None if radius is None else float(radius),
            }
        ],
        "shortest_paths": None,
        "start_room": None,
    }


def _load(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        if not data:
            raise EOFError("the file is empty")
        document = json.loads(gzip.decompress(data))
    except (EOFError, zlib.error) as error:
        raise ValueError(f"{path}: the gzip data are cut short or damaged ({error}): fetch the file again") from error
    except gzip.BadGzipFile as error:
        raise ValueError(
            f"{path}: expected gzipped JSON, got something else ({error}): pass a Habitat .json.gz file"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: gzip, but not JSON inside ({error}): pass a Habitat .json.gz file") from error
    if not isinstance(document, dict) or not isinstance(document.get("episodes"), list):
        raise ValueError(f"{path}: expected a JSON object with a list under 'episodes': is it a PointNav data set?")
    return document


def _content_files(document: dict[str, Any], path: Path) -> list[Path]:
    template = document.get("content_scenes_path", CONTENT)
    if not isinstance(template, str) or template.count("{scene}") != 1:
        raise ValueError(
            f"{path}: 'content_scenes_path' must be text with one {{scene}}, got {template!r}: try {CONTENT}"
        )
    folder, ending = template.replace("{data_path}", str(path.parent)).split("{scene}")
    names = [file.name for file in Path(folder).iterdir()] if Path(folder).is_dir() else []
    # Sorted without the ending, as habitat-lab sorts: with it, "a-b.json.gz" would come before "a.json.gz".
    return [Path(folder, name + ending) for name in sorted(n.removesuffix(ending) for n in names if n.endswith(ending))]


def _parse(document: dict[str, Any], path: Path) -> list[Episode]:
    return [_episode(entry, f"{path}: episode {number}") for number, entry in enumerate(document["episodes"])]


def _episode(entry: Any, where: str) -> Episode:
    goals = _value(entry, "goals", where)
    if not isinstance(goals, list) or len(goals) != 1:
        got = len(goals) if isinstance(goals, list) else repr(goals)
        raise ValueError(f"{where}: PointNav has exactly one goal, 'goals' has {got}: is it an ObjectNav data set?")
    goal, info = goals[0], entry.get("info") or {}
    if not isinstance(info, dict):
        raise ValueError(f"{where}: 'info' must be an object or null, got {info!r}: write null if nothing is known")
    return Episode(
        episode_id=_name(entry, "episode_id", where),
        scene_id=_name(entry, "scene_id", where),
        start_position=_vector(_value(entry, "start_position", where), 3, f"{where}: 'start_position'"),
        start_rotation=_vector(_value(entry, "start_rotation", where), 4, f"{where}: 'start_rotation'"),
        goal_position=_vector(_value(goal, "position", f"{where}: goal"), 3, f"{where}: the goal's 'position'"),
        goal_radius=_number_or_none(goal.get("radius"), f"{where}: the goal's 'radius'"),
        geodesic_distance=_number_or_none(info.get("geodesic_distance"), f"{where}: 'geodesic_distance'"),
    )


def _value(entry: Any, key: str, where: str) -> Any:
    if not isinstance(entry, dict):
        raise ValueError(f"{where}: expected an object, got {entry!r}: see habitat-lab's NavigationEpisode")
    if key not in entry:
        raise ValueError(f"{where}: '{key}' is missing, got the keys {sorted(entry)}: is it a PointNav data set?")
    return entry[key]


def _name(entry: Any, key: str, where: str) -> str:
    value = _value(entry, key, where)
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise ValueError(f"{where}: '{key}' must be text, got {value!r}: give each episode an id and a scene")
    return str(value)


def _vector(values: Any, n: int, what: str) -> tuple[float, ...]:
    if not isinstance(values, list) or len(values) != n:
        got = f"{len(values)} of them" if isinstance(values, list) else repr(values)
        raise ValueError(f"{what} must be {n} numbers, got {got}: positions are x, y, z and rotations x, y, z, w")
    return tuple(_number(value, what) for value in values)


def _number_or_none(value: Any, what: str) -> float | None:
    return None if value is None else _number(value, what)


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{what} must be numeric, got {value!r}: write it as a JSON number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{what} must be finite, got {value!r}: drop the episode or measure it again")
    return number
