"""Behaviour, counted by hand."""

import numpy as np
import pytest

from agents.nets import BlindAgent
from agents.policy import RecurrentPolicy
from probes.behaviour import (
    along_walls,
    behaviour,
    chamfer,
    clearance_of,
    compare_trips,
    first_turns,
    keeping_hand,
    turns_next,
)
from probes.record import record
from sims.pointnav.bugs import bug
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.floors.catalogue import load_layout
from sims.pointnav.floors.layout import GRID
from sims.pointnav.ground import ground_of
from sims.pointnav.state import CLEARANCE_UNIT, FORWARD, LEFT, RIGHT

F, L, R = FORWARD, LEFT, RIGHT


def actions(text):
    """`F` FORWARD, `x` a FORWARD that collides, `L` and `R` turns."""
    codes = {"F": F, "x": F, "L": L, "R": R}
    return np.array([codes[c] for c in text], np.int8), np.array([c == "x" for c in text])


def test_turns_after_collisions_by_hand():
    assert turns_next(*actions("FFLxLxFFRFF")) == (0.5, 2 / 5)
    assert np.isnan(turns_next(*actions("FFF"))[0])


def test_hands_by_hand():
    turns = first_turns(*actions("xLFxLxxRFLxL"))
    assert turns.tolist() == [L, L, R, L]
    same, chance = keeping_hand(turns)
    assert same == pytest.approx(1 / 3)
    assert chance == pytest.approx(3 * 2 / 12)
    assert np.isnan(keeping_hand(turns[:3])).all()
    assert keeping_hand(np.array([R] * 5)) == (1.0, 1.0)


def test_walls_by_a_walk_along_one():
    layout = "houses:0"
    ground = ground_of(load_layout(layout))
    rows, columns = np.nonzero(ground.free)
    corner = ground.origin + np.array([columns[0], rows[0]]) * GRID  # the lowest free node: a wall is below it
    assert clearance_of(ground, np.array([ground.origin, corner])) == pytest.approx(
        [0.0, ground.clearance[rows[0], columns[0]] * CLEARANCE_UNIT]
    )
    steps = np.arange(4)[:, None] * [GRID, 0.0] * 8
    share = along_walls(corner + steps, np.array([F, F, L, F]), layout)[1]
    assert along_walls(corner + 0 * steps, np.full(4, F), layout) == (0.0, share)
    assert 0.0 < share < 1.0
    assert along_walls(corner + steps, np.full(4, F), layout)[0] == 1.0
    assert np.isnan(along_walls(corner + steps, np.full(4, L), layout)[0])


@pytest.fixture(scope="module")
def records():
    """A Bug, which follows walls on its left hand, and one who walks at random."""
    env = PointNavVectorEnv(40, layouts="houses:0-6", goals_per_layout=2, starts_per_goal=6, max_steps=300)

    class Remembering:
        """The Bug, with the h and c that a record wants."""

        def __init__(self, inner):
            self.inner = inner

        def initial_state(self, n):
            return Memory(self.inner.initial_state(n), n)

        def step(self, obs, state):
            taken, after = self.inner.step(obs, state.own)
            return taken, Memory(after, len(obs))

    class Memory:
        def __init__(self, own, n):
            self.own, self.h, self.c = own, np.zeros((1, n, 2), np.float32), np.zeros((1, n, 2), np.float32)

    twin = RecurrentPolicy(BlindAgent(2))
    return [record(policy, env, 72, twin=twin) for policy in (Remembering(bug("bug2", hand="left")), twin)]


def test_a_bug_follows_walls_and_keeps_its_hand(records):
    of_bug, of_chance = (behaviour(made) for made in records)
    assert of_bug.wall_following.score > of_bug.wall_following.chance + 0.2
    assert of_bug.wall_following.score > of_chance.wall_following.score
    assert of_bug.keeps_hand.score > of_bug.keeps_hand.chance
    assert of_chance.keeps_hand.score == pytest.approx(of_chance.keeps_hand.chance, abs=0.1)
    assert of_chance.turns_after_collision.score == pytest.approx(of_chance.turns_after_collision.chance, abs=0.1)
    assert set(of_bug.document()) == {"wall_following", "turns_after_collision", "keeps_hand"}


def test_trips_by_hand():
    detour = np.array([[0, 0], [1, 0], [1, 2], [1, 0], [2, 0]], float)
    straight = np.array([[2, 0], [1, 0], [0, 0]], float)
    assert chamfer(straight, detour) == 0.0
    assert chamfer(detour, straight) == pytest.approx(2 / 5)
    trips = compare_trips([detour, detour + 5], [straight, straight + 5], ["a", "b"])
    assert trips.length_ratio.score == pytest.approx(2 / 6)
    assert trips.left_out.score == pytest.approx(2 / 5)
    assert trips.off_the_first.score == 0.0
    assert trips.off_the_first.n == 2
    assert trips.document()["left_out"]["score"] == pytest.approx(2 / 5)


def test_false_pairs_are_farther_apart():
    rng = np.random.default_rng(0)
    first = [np.cumsum(rng.normal(size=(30, 2)), 0) for _ in range(40)]
    trips = compare_trips(first, [path[::-2] for path in first], ["a", "b"] * 20)
    assert trips.off_the_first.score == 0.0
    assert trips.off_the_first.chance > 0.5


def test_bad_questions_are_refused_with_the_cure(records):
    path = np.zeros((3, 2))
    with pytest.raises(ValueError, match="pairs, two at least"):
        compare_trips([path], [path], ["a"])
    with pytest.raises(ValueError, match="end where they began"):
        compare_trips([path, path], [path, path], ["a", "a"])
    still = records[0]._replace(steps=records[0].steps | {"collided": np.zeros_like(records[0].steps["collided"])})
    with pytest.raises(ValueError, match="record more or longer"):
        behaviour(still)
