"""Habitat's episode files: read, written, read again, and everything that can be wrong with them."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sims.pointnav.episodes import Episode, read_episodes, write_episodes

EPISODES = [
    Episode("0", "gibson/Adrian.glb", (0.1, 0.2, -0.3), (0.0, 0.6, 0.0, 0.8), (1.0, 0.2, 4.0), 0.2, 5.5),
    Episode("1", "gibson/Adrian.glb", (1 / 3, -2.0, 1e-9), (0, 0, 0, 1), (7.0, -2.0, 1.0), None, None),
]

# habitat-lab's NavigationEpisode and NavigationGoal: attrs classes that accept these keywords and no others.
EPISODE_KEYS = {
    "episode_id",
    "scene_id",
    "scene_dataset_config",
    "additional_obj_config_paths",
    "start_position",
    "start_rotation",
    "info",
    "goals",
    "start_room",
    "shortest_paths",
}
NEVER_NULL = EPISODE_KEYS - {"info", "start_room", "shortest_paths"}
GOAL_KEYS = {"position", "radius"}


def entry(**changes: Any) -> dict[str, Any]:
    """An episode as the Gibson files have it, with some values replaced; None under `drop` removes keys."""
    drop = changes.pop("drop", ())
    whole = {
        "episode_id": "17",
        "scene_id": "gibson/Adrian.glb",
        "start_position": [1.0, 0.5, -2.0],
        "start_rotation": [0, 0.6, 0, 0.8],
        "info": {"geodesic_distance": 6.25, "difficulty": "medium"},
        "goals": [{"position": [4.0, 0.5, 2.0], "radius": None}],
        "shortest_paths": None,
        "start_room": None,
    } | changes
    return {key: value for key, value in whole.items() if key not in drop}


def put(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(document if isinstance(document, bytes) else json.dumps(document).encode()))
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "val.json.gz"
    write_episodes(path, iter(EPISODES))
    assert read_episodes(path) == EPISODES
    assert read_episodes(str(path)) == EPISODES


def test_the_same_episodes_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json.gz", tmp_path / "b.json.gz"
    write_episodes(first, EPISODES)
    write_episodes(second, read_episodes(first))
    assert first.read_bytes() == second.read_bytes()
    # No time and no name in the header.
    assert first.read_bytes()[3:8] == bytes(5)
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["a.json.gz", "b.json.gz"]


def test_no_episodes_are_a_file_too(tmp_path: Path) -> None:
    write_episodes(tmp_path / "none.json.gz", [])
    assert read_episodes(tmp_path / "none.json.gz") == []


def test_habitat_lab_accepts_the_keys(tmp_path: Path) -> None:
    write_episodes(tmp_path / "val.json.gz", EPISODES)
    document = json.loads(gzip.decompress((tmp_path / "val.json.gz").read_bytes()))
    assert list(document) == ["episodes"]
    for written, episode in zip(document["episodes"], EPISODES, strict=True):
        assert set(written) <= EPISODE_KEYS
        assert all(written[key] is not None for key in NEVER_NULL & set(written))
        assert [set(goal) for goal in written["goals"]] == [GOAL_KEYS]
        assert written["goals"][0]["position"] == list(episode.goal_position)
    assert document["episodes"][0]["info"] == {"geodesic_distance": 5.5}
    assert document["episodes"][1]["info"] is None


def test_numpy_numbers_are_written(tmp_path: Path) -> None:
    start: Any = tuple(np.arange(3, dtype=np.float32))
    radius: Any = np.float32(0.25)
    episode = Episode("0", "a.glb", start, (0.0, 0.0, 0.0, 1.0), tuple(np.ones(3)), radius, np.float64(2.0))
    write_episodes(tmp_path / "val.json.gz", [episode])
    (read,) = read_episodes(tmp_path / "val.json.gz")
    assert read == episode
    assert type(read.start_position[0]) is float


def test_a_gibson_file_is_read(tmp_path: Path) -> None:
    path = put(tmp_path / "val.json.gz", {"episodes": [entry(), entry(episode_id=18, info=None)]})
    first, second = read_episodes(path)
    assert first == Episode(
        "17", "gibson/Adrian.glb", (1.0, 0.5, -2.0), (0.0, 0.6, 0.0, 0.8), (4.0, 0.5, 2.0), None, 6.25
    )
    assert (second.episode_id, second.geodesic_distance) == ("18", None)


def test_what_habitat_may_leave_out_may_be_missing(tmp_path: Path) -> None:
    bare = entry(drop=("info", "shortest_paths", "start_room"), goals=[{"position": [4, 0, 2]}])
    (episode,) = read_episodes(put(tmp_path / "val.json.gz", {"episodes": [bare]}))
    assert (episode.goal_radius, episode.geodesic_distance) == (None, None)


def test_content_files_are_read_in_the_order_of_the_scenes(tmp_path: Path) -> None:
    split = put(tmp_path / "train" / "train.json.gz", {"episodes": []})
    # By file name "a-b.json.gz" would come before "a.json.gz".
    for scene in ("b", "a-b", "a"):
        put(tmp_path / "train" / "content" / f"{scene}.json.gz", {"episodes": [entry(scene_id=f"{scene}.glb")] * 2})
    (tmp_path / "train" / "content" / "notes.txt").write_text("not an episode file")
    assert [e.scene_id for e in read_episodes(split)] == [s for s in ("a.glb", "a-b.glb", "b.glb") for _ in range(2)]


def test_content_files_are_found_where_the_split_file_says(tmp_path: Path) -> None:
    template = "{data_path}/scenes/{scene}_v1.json.gz"
    split = put(tmp_path / "train.json.gz", {"episodes": [], "content_scenes_path": template})
    put(tmp_path / "scenes" / "a_v1.json.gz", {"episodes": [entry()]})
    put(tmp_path / "scenes" / "b.json.gz", {"episodes": [entry(), entry()]})
    assert len(read_episodes(split)) == 1
    with pytest.raises(ValueError, match=r"'content_scenes_path' must be text with one \{scene\}"):
        read_episodes(put(tmp_path / "bad.json.gz", {"episodes": [], "content_scenes_path": "content/all.json.gz"}))


def test_an_error_in_a_content_file_names_that_file(tmp_path: Path) -> None:
    split = put(tmp_path / "train.json.gz", {"episodes": []})
    put(tmp_path / "content" / "a.json.gz", {"episodes": [entry(), entry(drop=("scene_id",))]})
    with pytest.raises(ValueError, match=r"content/a\.json\.gz: episode 1: 'scene_id' is missing"):
        read_episodes(split)


def test_a_split_file_with_episodes_stands_for_itself(tmp_path: Path) -> None:
    split = put(tmp_path / "val.json.gz", {"episodes": [entry()]})
    put(tmp_path / "content" / "a.json.gz", {"episodes": [entry(), entry()]})
    assert len(read_episodes(split)) == 1


def test_files_that_are_no_episode_files(tmp_path: Path) -> None:
    path = tmp_path / "val.json.gz"
    with pytest.raises(FileNotFoundError):
        read_episodes(path)
    whole = gzip.compress(json.dumps({"episodes": [entry()] * 50}).encode())
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    cases = [
        (b'{"episodes": []}', "expected gzipped JSON"),
        (whole[: len(whole) // 2], "cut short or damaged"),
        (b"", "cut short or damaged"),
        (gzip.compress(b"\xff\xfe{"), "not JSON inside"),
        (gzip.compress(b'{"episodes": ['), "not JSON inside"),
        (gzip.compress(b"[" * 100_000), "not JSON inside"),
        (gzip.compress(b"[]"), "list under 'episodes'"),
        (gzip.compress(b'{"episodes": {}}'), "list under 'episodes'"),
        (gzip.compress(b'{"goals": []}'), "list under 'episodes'"),
    ]
    for data, message in cases:
        path.write_bytes(data)
        with pytest.raises(ValueError, match=message) as caught:
            read_episodes(path)
        assert str(path) in str(caught.value)
    path.write_bytes(bytes(damaged))
    with pytest.raises(ValueError, match=r"damaged|something else|not JSON"):
        read_episodes(path)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (entry(drop=("goals",)), "'goals' is missing, got the keys"),
        (entry(drop=("episode_id",)), "'episode_id' is missing"),
        (entry(drop=("start_position",)), "'start_position' is missing"),
        (entry(drop=("start_rotation",)), "'start_rotation' is missing"),
        (entry(goals=[{"radius": 0.2}]), "goal: 'position' is missing"),
        (entry(goals=[{"position": [0, 0, 0]}] * 2), "exactly one goal, 'goals' has 2"),
        (entry(goals=[]), "exactly one goal, 'goals' has 0"),
        (entry(goals=None), "exactly one goal, 'goals' has None"),
        (entry(goals=["here"]), "expected an object, got 'here'"),
        (entry(start_position=[1.0, 2.0]), "'start_position' must be 3 numbers, got 2 of them"),
        (entry(start_rotation=[1.0, 2.0, 3.0]), "'start_rotation' must be 4 numbers, got 3 of them"),
        (entry(goals=[{"position": [0] * 4}]), "the goal's 'position' must be 3 numbers, got 4"),
        (entry(start_position="origin"), "'start_position' must be 3 numbers, got 'origin'"),
        (entry(start_position=[1, "2", 3]), "'start_position' must be numeric, got '2'"),
        (entry(start_position=[1, True, 3]), "'start_position' must be numeric, got True"),
        (entry(start_position=[1, float("nan"), 3]), "'start_position' must be finite, got nan"),
        (entry(start_position=[1, 10**400, 3]), "'start_position' must be finite"),
        (entry(info={"geodesic_distance": float("inf")}), "'geodesic_distance' must be finite, got inf"),
        (entry(info={"geodesic_distance": "far"}), "'geodesic_distance' must be numeric"),
        (entry(info=[6.25]), "'info' must be an object or null"),
        (entry(goals=[{"position": [0, 0, 0], "radius": [1]}]), "the goal's 'radius' must be numeric"),
        (entry(scene_id=""), "'scene_id' must be text, got ''"),
        (entry(episode_id=None), "'episode_id' must be text, got None"),
        ("an episode", "expected an object, got 'an episode'"),
    ],
)
def test_a_bad_episode_is_named(tmp_path: Path, bad: Any, message: str) -> None:
    path = put(tmp_path / "val.json.gz", {"episodes": [entry(), entry(), bad]})
    with pytest.raises(ValueError, match=message) as caught:
        read_episodes(path)
    assert str(caught.value).startswith(f"{path}: episode 2")


@pytest.mark.parametrize(
    "change",
    [
        {"start_position": (0.0, float("nan"), 0.0)},
        {"start_rotation": (0.0, 0.0, 1.0)},
        {"goal_position": ()},
        {"geodesic_distance": float("inf")},
        {"scene_id": ""},
    ],
)
def test_what_could_not_be_read_is_not_written(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "val.json.gz"
    write_episodes(path, EPISODES)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="episode 1"):
        write_episodes(path, [EPISODES[0], EPISODES[1]._replace(**change)])
    assert path.read_bytes() == before


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "val.json.gz"
    write_episodes(path, EPISODES)

    def full_disk(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="no space left"):
        write_episodes(path, EPISODES[:1])
    assert read_episodes(path) == EPISODES
    assert [file.name for file in tmp_path.iterdir()] == ["val.json.gz"]
