"""Generated maps: fair to both teams, playable, the same for the same seed, and never two alike."""

import hashlib
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from sims.ctf.maps import courts, indoor, outdoor
from sims.ctf.maps.catalogue import FAMILIES
from sims.ctf.maps.check import check, clearance
from sims.ctf.maps.distance import distances, two_ways, walkable
from sims.ctf.maps.layout import ROCK, TREE, Map, cell_of, slopes
from tests.sims.ctf.maps.test_distance import n_ways

N_MAPS = 200
N_SLOW = 10_000

families = pytest.mark.parametrize("family", list(FAMILIES))

SHA = {
    "indoor:0": "8589befe9c03301d10d555d309038ac10f78de79a90b942da32ea5c2261b9667",
    "indoor:17": "644ba939593b61ec46c3886083331a88de60f67f60769b5e2238002e435176eb",
    "indoor:1000003": "c7549df4de6f9bd371fd5c15313afcc5f79328c889cd5033dd9a9faa5ecd0837",
    "outdoor:0": "c437e14b2eff9610902bf4bb91b49d1838ed84aec77934ff776326b57eb3b347",
    "outdoor:17": "b4e903f2c167656c2c09884865e49d91c073286be6e6fd7d6dd92f77a3f21e99",
    "outdoor:1000003": "47b35149de5ffcae41f10429f9be614c9f2943d456f207e7c6529f843858d037",
}


def digest(map: Map) -> str:
    sha = hashlib.sha256()
    for part in map[2:]:
        sha.update(repr((part.shape, part.dtype)).encode() + part.tobytes())
    return sha.hexdigest()


@pytest.fixture(scope="module")
def maps() -> dict[str, list[Map]]:
    return {family: [make(seed) for seed in range(N_MAPS)] for family, make in FAMILIES.items()}


def base_distance(map: Map) -> float:
    red, blue = (cell_of(stand) for stand in map.stands)
    return 0.2 * distances(walkable(map), *red)[blue]


def assert_fair(map: Map) -> None:
    rows, columns = map.solid.shape
    half = np.array([2.0 * columns, 2.0 * rows])
    assert np.array_equal(map.solid, map.solid[::-1, ::-1])
    assert np.array_equal(map.heights, map.heights[::-1, ::-1])
    assert np.array_equal(map.surface == 1, (map.surface == 2)[::-1, ::-1])
    assert np.array_equal(map.stands[1], half - map.stands[0])
    assert np.array_equal(map.spawns[1], half - map.spawns[0])
    assert np.array_equal(map.spawn_headings[1], (map.spawn_headings[0] + 120) % 240)
    bodies = {(*row, kind) for row, kind in zip(map.obstacles.tolist(), map.kinds.tolist(), strict=True)}
    assert bodies == {(half[0] - x, half[1] - y, *rest) for x, y, *rest in bodies}
    assert len(bodies) == len(map.obstacles)


@families
def test_maps_are_fair_and_pass_every_check(maps: dict[str, list[Map]], family: str) -> None:
    for seed, map in enumerate(maps[family]):
        check(map)
        assert_fair(map)
        assert (map.name, map.family) == (f"{family}:{seed}", "outdoor" if family == "outdoor" else "indoor")


@families
def test_same_seed_same_bytes_and_other_seeds_differ(maps: dict[str, list[Map]], family: str) -> None:
    digests = [digest(map) for map in maps[family]]
    assert len(set(digests)) == N_MAPS
    assert [digest(FAMILIES[family](seed)) for seed in range(20)] == digests[:20]


@pytest.mark.parametrize("name", SHA)
def test_maps_never_change(name: str) -> None:
    family, seed = name.split(":")
    assert digest(FAMILIES[family](int(seed))) == SHA[name]


@families
def test_types_are_those_of_map(maps: dict[str, list[Map]], family: str) -> None:
    wanted = [np.uint8, np.uint8, np.float32, np.float64, np.uint8, np.float64, np.float64, np.int32]
    for map in maps[family][:20]:
        assert [part.dtype for part in map[2:]] == wanted
        assert all(part.flags.c_contiguous for part in map[2:])


@families
def test_spawn_points_are_apart_near_the_base_and_look_at_open_ground(maps: dict[str, list[Map]], family: str) -> None:
    for map in maps[family]:
        assert 4 <= map.spawns.shape[1] <= 8
        for stand, spawns, headings in zip(map.stands, map.spawns, map.spawn_headings, strict=True):
            assert np.abs(spawns - stand).max() <= 5.0
            assert len(np.unique(spawns, axis=0)) == len(spawns)
            ahead = spawns + np.rint(np.stack([np.cos(headings * np.pi / 120), np.sin(headings * np.pi / 120)], 1)) * 2
            free = walkable(map)
            assert all(free[cell_of(point)] for point in ahead)
            assert all(clearance(map, x, y) >= 0.5 for x, y in spawns)


@families
def test_teams_own_the_ground_around_their_bases(maps: dict[str, list[Map]], family: str) -> None:
    for map in maps[family]:
        assert map.surface[cell_of(map.stands[0])] == 1
        assert map.surface[cell_of(map.stands[1])] == 2
        field = distances(walkable(map), *cell_of(map.stands[0]))
        limit = 0.3 * field[cell_of(map.stands[1])]
        reached = field < 65535
        assert np.array_equal((map.surface == 1)[reached], (field < limit)[reached])
        assert ((map.surface == 1) & (map.solid == 1)).any() or family == "outdoor"
        assert 0.1 < (map.surface > 0).mean() < 0.9


def test_indoor_sizes_and_ways(maps: dict[str, list[Map]]) -> None:
    sides = np.array([map.solid.shape for map in maps["indoor"]])
    assert set(sides.ravel().tolist()) == {15, 17, 19, 21, 23}
    ways = np.array([base_distance(map) for map in maps["indoor"]])
    assert ways.min() >= 20.0
    assert ways.max() <= 60.0
    assert np.ptp(ways) > 25.0


def test_indoor_maps_have_two_disjoint_ways_between_the_bases(maps: dict[str, list[Map]]) -> None:
    for map in maps["indoor"]:
        red, blue = (cell_of(stand) for stand in map.stands)
        assert n_ways(walkable(map), red, blue) >= 2


def test_indoor_maps_have_corridors_and_wider_places_but_no_dead_ends(maps: dict[str, list[Map]]) -> None:
    narrow, wide = [], []
    for map in maps["indoor"]:
        free = map.solid == 0
        near = np.stack([free[:-2, 1:-1], free[2:, 1:-1], free[1:-1, :-2], free[1:-1, 2:]])[:, free[1:-1, 1:-1]]
        assert near.sum(axis=0).min() >= 2
        narrow.append((near.sum(axis=0) == 2).mean())
        wide.append((free[:-1, :-1] & free[1:, :-1] & free[:-1, 1:] & free[1:, 1:]).sum())
    assert np.mean(narrow) > 0.2
    assert min(wide) >= 8


def test_indoor_bases_do_not_see_each_other(maps: dict[str, list[Map]]) -> None:
    for map in maps["indoor"]:
        line = map.stands[0] + np.linspace(0.0, 1.0, 500)[:, None] * (map.stands[1] - map.stands[0])
        assert any(map.solid[cell_of(point)] for point in line)


def test_courts_are_small_and_their_bases_near(maps: dict[str, list[Map]]) -> None:
    sides = np.array([map.solid.shape for map in maps["courts"]])
    assert (sides.min(), sides.max()) == (8, 15)
    ways = [base_distance(map) for map in maps["courts"]]
    assert 10.0 <= min(ways) <= max(ways) <= 30.0
    for map in maps["courts"]:
        red, blue = (cell_of(stand) for stand in map.stands)
        assert n_ways(walkable(map), red, blue) >= 2
        assert (map.solid[1:-1, 1:-1] != 0).mean() < 0.4


def test_outdoor_sizes_obstacles_and_ways(maps: dict[str, list[Map]]) -> None:
    sides = np.array([map.solid.shape for map in maps["outdoor"]])
    assert sides.min() == 28
    assert sides.max() == 36
    for map in maps["outdoor"]:
        red, blue = (cell_of(stand) for stand in map.stands)
        assert 40 <= len(map.obstacles) <= 128
        assert base_distance(map) >= 25.0
        assert two_ways(walkable(map), red, blue)
        trees, rocks = map.obstacles[map.kinds == TREE], map.obstacles[map.kinds == ROCK]
        for body, (low, high), (low_top, high_top) in ((trees, (0.3, 0.5), (5, 8)), (rocks, (0.5, 1.4), (0.8, 2.2))):
            assert ((body[:, 2] >= low) & (body[:, 2] <= high)).all()
            assert ((body[:, 3] >= low_top) & (body[:, 3] <= high_top)).all()
    kinds = np.array([map.kinds.mean() for map in maps["outdoor"]])
    assert 0.2 < kinds.mean() < 0.7


def test_outdoor_hills_are_gentle_where_players_go_and_cliffs_around(maps: dict[str, list[Map]]) -> None:
    steepest, relief = [], []
    for map in maps["outdoor"]:
        inside = np.repeat(np.repeat(map.solid == 0, 2, axis=0), 2, axis=1)
        steepest.append(slopes(map.heights)[inside].max())
        ground = map.heights[:-1, :-1][inside]
        relief.append(np.ptp(ground))
        edge = np.concatenate([map.heights[0], map.heights[-1], map.heights[:, 0], map.heights[:, -1]])
        assert edge.mean() > ground.mean() + 2.0
    assert max(steepest) <= np.tan(np.radians(35.0))
    assert np.median(steepest) > 0.4
    assert np.median(relief) > 3.0


def test_outdoor_bases_are_level(maps: dict[str, list[Map]]) -> None:
    for map in maps["outdoor"]:
        for x, y in map.stands.astype(int):
            yard = map.heights[y - 3 : y + 4, x - 3 : x + 4]
            assert np.ptp(yard) == 0.0


@families
@pytest.mark.parametrize("seed", [-1, 1.5, True, "7"])
def test_seeds_that_are_no_whole_numbers_are_refused(family: str, seed: object) -> None:
    with pytest.raises(ValueError, match=f"the seed of {family} must be an int >= 0"):
        FAMILIES[family](seed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("module", "make"), [(indoor, indoor.indoor), (outdoor, outdoor.outdoor), (courts, courts.courts)]
)
def test_a_seed_without_a_map_is_said(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, make: Callable[[int], Map]
) -> None:
    monkeypatch.setattr(module, "MAX_TRIES", 0)
    with pytest.raises(RuntimeError, match=r":3 found no map in 0 tries: report this seed"):
        make(3)


@pytest.mark.slow
@families
def test_many_maps_are_fair_and_differ(family: str) -> None:
    digests = set()
    for seed in range(1_000_000, 1_000_000 + N_SLOW):
        map = FAMILIES[family](seed)
        check(map)
        assert two_ways(walkable(map), *(cell_of(stand) for stand in map.stands))
        digests.add(digest(map))
    assert len(digests) == N_SLOW
