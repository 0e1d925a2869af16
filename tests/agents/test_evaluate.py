"""Playing episodes by number, and the intervals."""

import numpy as np
import pytest

from agents.baselines import POLICIES, policy_named
from agents.evaluate import bootstrap_interval, choose_episodes, design_effect, play, summary
from agents.scoring import evaluate, together
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.oracle import Oracle
from sims.pointnav.state import FORWARD, STOP

SMALL = {"layouts": "houses:0-3", "goals_per_layout": 2, "starts_per_goal": 8}


class Still:
    """Stops at once, or never moves on."""

    def __init__(self, action):
        self.action = action

    def initial_state(self, n):
        return np.zeros(n)

    def step(self, obs, state):
        return np.full(len(obs), self.action), state + 1


def test_every_episode_is_played_once_whatever_the_batch():
    numbers = np.array([0, 3, 4, 9, 17, 30, 31])
    results = []
    for size in (1, 3, 16):
        env = PointNavVectorEnv(size, max_steps=500, **SMALL)
        played = play(Oracle(env), env, numbers, keep_paths=True)
        assert played.number.tolist() == numbers.tolist()
        assert (played.measures["success"] == 1).all()
        results.append(played)
    for other in results[1:]:
        assert (other.steps == results[0].steps).all()
        assert all((other.measures[name] == values).all() for name, values in results[0].measures.items())
        assert all(np.array_equal(a, b) for a, b in zip(other.paths, results[0].paths, strict=True))
    assert [len(path) for path in results[0].paths] == (results[0].steps + 1).tolist()


def test_of_no_episodes_nothing_is_played():
    env = PointNavVectorEnv(3, max_steps=500, **SMALL)
    played = play(Oracle(env), env, np.empty(0, np.int64), keep_paths=True)
    assert (len(played.steps), played.layouts, played.paths) == (0, [], [])


def test_who_has_ended_begins_the_next_episode_and_waits_for_nobody():
    env, steps_taken = PointNavVectorEnv(3, max_steps=500, **SMALL), 0
    step = env.step

    def counted(actions):
        nonlocal steps_taken
        steps_taken += 1
        return step(actions)

    env.step = counted
    played = play(Oracle(env), env, np.arange(0, 32, 2))
    free_at = [0, 0, 0]
    for n in played.steps.tolist():  # each by who is free first
        k = free_at.index(min(free_at))
        free_at[k] += n
    assert steps_taken == max(free_at)
    assert steps_taken < sum(played.steps[k : k + 3].max() for k in range(0, 16, 3))


def test_paths_lead_from_the_start_to_the_goal():
    env = PointNavVectorEnv(4, max_steps=500, **SMALL)
    numbers = np.arange(4) * 5
    played = play(Oracle(env), env, numbers, keep_paths=True)
    for k, path in enumerate(played.paths):
        assert path[0, :2] == pytest.approx(env.pool.arrays.start[numbers[k], :2])
        assert np.hypot(*(path[-1, :2] - played.goals[k])) < 0.2
        assert played.layouts[k] in env.pool.names
        assert np.hypot(*np.diff(path[:, :2], axis=0).T).sum() == pytest.approx(played.measures["path_length"][k])


def test_failures_count():
    env = PointNavVectorEnv(8, max_steps=30, **SMALL)
    at_once = play(Still(STOP), env, np.arange(8))
    never = play(Still(FORWARD), env, np.arange(8))
    assert at_once.measures["success"].sum() == 0
    assert (at_once.steps == 1).all()
    assert (never.steps == 30).all()
    assert never.measures["collisions"].sum() > 0
    assert at_once.measures["distance_to_goal"] == pytest.approx(at_once.measures["start_geodesic"])


def test_wilson_interval_by_hand():
    """8 of 10: centre (0.8 + z^2/20) / (1 + z^2/10) = 0.7167, half width 0.2266 (Wilson 1927, z = 1.96)."""
    env = PointNavVectorEnv(2, max_steps=5, **SMALL)
    played = play(Still(STOP), env, np.arange(10))
    played = played._replace(goals=np.arange(20.0).reshape(10, 2))  # each a goal of its own: independent
    played.measures["success"][[0, 1, 2, 3, 5, 6, 7, 8]] = 1.0
    estimate = summary(played)["success"]
    assert (estimate.score, estimate.n) == (0.8, 10)
    assert estimate.low == pytest.approx(0.4902, abs=1e-3)
    assert estimate.high == pytest.approx(0.9433, abs=1e-3)


def test_design_effect_by_hand():
    """Clusters that are all alike inside: 4 clusters of 5 count as 4, and a little, of 20."""
    clusters = np.repeat(np.arange(4), 5)
    alike = np.repeat([0.0, 1.0, 0.0, 1.0], 5)
    assert design_effect(alike, clusters) == pytest.approx(4 / 3 * 4 * 2.5**2 / 20**2 / (5 / 19 / 20))
    assert design_effect(np.tile([0.0, 1.0], 10), np.repeat(np.arange(10), 2)) == 1.0
    assert design_effect(np.ones(20), clusters) == 1.0


def test_clustered_draws_get_intervals_that_cover_and_are_wider():
    rng = np.random.default_rng(0)
    hits, wider = 0, 0
    clusters = np.repeat(np.arange(25), 8)
    for k in range(80):
        values = 3.0 + rng.normal(0, 1, 25)[clusters] + rng.normal(0, 0.5, 200)
        low, high = bootstrap_interval(values, clusters, seed=k)
        each = bootstrap_interval(values, np.arange(200), seed=k)
        hits += low < 3.0 < high
        wider += high - low > 1.5 * (each[1] - each[0])
    assert 68 <= hits <= 80
    assert wider == 80


def test_intervals_of_equal_or_lone_values():
    assert bootstrap_interval(np.full(5, 2.0), np.arange(5)) == (2.0, 2.0)
    assert bootstrap_interval(np.array([4.0]), np.array([0])) == (4.0, 4.0)


def test_episodes_are_shared_evenly_among_floors():
    rows = evaluate(policy_named("oracle"), ["houses:1000000-1000003", "mazes:1000000-1000002"], 7)
    assert [row.name for row in rows] == ["houses", "mazes"]
    assert sorted(len(row.episodes.number) for row in rows) == [3, 4]
    assert len(together(rows).number) == 7
    assert summary(together(rows))["success"].n == 7


@pytest.mark.parametrize("n", [0, -1, 49])
def test_too_many_or_no_episodes_are_refused(n):
    with pytest.raises(ValueError, match="ask for 1 to 48"):
        choose_episodes(48, n)


def test_unknown_policies_and_too_few_episodes_are_refused():
    with pytest.raises(ValueError, match="there is no policy 'bug9': expected one of oracle, bug0"):
        policy_named("bug9")
    with pytest.raises(ValueError, match="ask for at least one each"):
        evaluate(policy_named("oracle"), ["houses:0-1", "mazes:0-1"], 1)


@pytest.mark.parametrize("family", ["houses", "offices", "mazes"])
def test_the_oracle_solves_every_family(family):
    n = 3 if family == "offices" else 16
    rows = evaluate(policy_named("oracle"), [f"{family}:1000000-{1000000 + n}"], 200)
    of = summary(together(rows))
    assert of["success"].score >= 0.995
    assert of["spl"].score >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("family", ["houses", "offices", "mazes"])
def test_the_oracle_solves_many_floors_of_every_family(family):
    n = 20 if family == "offices" else 200
    of = summary(together(evaluate(policy_named("oracle"), [f"{family}:1000000-{1000000 + n}"], 1000)))
    assert of["success"].score >= 0.995
    assert of["spl"].score >= 0.95


@pytest.mark.slow
def test_the_oracle_solves_every_real_floor(shared_maps):
    for path in sorted([*shared_maps.rglob("*.yaml"), *shared_maps.rglob("*.vectormap.txt")]):
        name = f"{path}?seal_radius=1.5" if path.name.startswith("AHG1") else str(path)
        of = summary(together(evaluate(policy_named("oracle"), [name], 500)))
        assert of["success"].score >= 0.995, path
        assert of["spl"].score >= 0.95, path


@pytest.mark.parametrize("name", POLICIES)
def test_every_baseline_plays(name):
    (row,) = evaluate(policy_named(name), ["houses:1000000-1000004"], 12, max_steps=400)
    assert np.isfinite(list(summary(row.episodes)["spl"])).all()
