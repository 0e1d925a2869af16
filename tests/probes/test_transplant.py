"""Second trips: where they begin, what they are told, and probes that begin with what they are given."""

import numpy as np
import pytest
import torch

from agents.evaluate import play
from agents.nets import BlindAgent
from agents.policy import STARTED, RecurrentPolicy
from probes.record import record
from probes.transplant import (
    ProbeAgent,
    SecondTrips,
    final_memories,
    first_trips,
    second_walks,
)
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.oracle import Oracle
from sims.pointnav.state import FORWARD, STOP


class Guided:
    """The oracle, with the memory of an agent that looks on."""

    def __init__(self, env, agent):
        self.oracle, self.looker = Oracle(env), RecurrentPolicy(agent)

    def initial_state(self, n):
        return self.looker.initial_state(n)

    def step(self, obs, state):
        _, state = self.looker.step(obs, state)
        return self.oracle.step(obs, None)[0], state


@pytest.fixture(scope="module")
def made():
    torch.manual_seed(0)
    agent = BlindAgent(8, 2)
    env = PointNavVectorEnv(24, layouts="houses:0-6", goals_per_layout=2, starts_per_goal=4, max_steps=400)
    kept = record(Guided(env, agent), env, 40, twin=RecurrentPolicy(BlindAgent(8, 2)), moments=1)
    return agent, kept, first_trips(kept, np.arange(40))


def test_first_trips_end_at_the_goal(made):
    _, kept, trips = made
    told = kept.episodes
    assert (told["success"][trips.episodes] == 1).all()
    goals = np.column_stack([told["goal_x"], told["goal_y"]])[trips.episodes]
    assert np.linalg.norm(trips.end[:, :2] - goals, axis=1).max() < 0.2
    assert np.allclose(trips.start[:, 0], told["start_x"][trips.episodes])
    turned = trips.start[:, 2] + trips.turn * 2 * np.pi / 36
    assert np.allclose(np.exp(1j * turned), np.exp(1j * trips.end[:, 2]))


@pytest.mark.parametrize("direction", ["s-to-t", "t-to-s"])
def test_second_trips_begin_where_the_first_ended_or_began(made, direction, tmp_path):
    _, _, trips = made
    n = len(trips.episodes)
    env = SecondTrips(n, trips, direction, tmp_path / "second.json.gz")
    obs, infos = env.reset(seed=0, options={"episodes": np.arange(n)})
    begin, goal = (trips.start, trips.end) if direction == "s-to-t" else (trips.end, trips.start)
    assert np.allclose(env.state.x, begin[:, 0])
    assert np.allclose(np.exp(1j * env.headings), np.exp(1j * trips.end[:, 2]))
    cos, sin = np.cos(trips.start[:, 2]), np.sin(trips.start[:, 2])
    for columns, place in ((slice(0, 2), goal), (slice(2, 4), begin)):
        x, y = (place[:, :2] - trips.start[:, :2]).T
        assert np.allclose(obs[:, columns], np.column_stack([cos * x + sin * y, cos * y - sin * x]), atol=1e-4)
    assert np.allclose(obs[:, 4], np.cos(trips.turn * 2 * np.pi / 36), atol=1e-6)
    assert obs[:, 12].tolist() == list(range(n))
    assert (obs[:, STARTED] == 1).all()
    assert (infos["start_geodesic"] > 0.5).all()
    stop = np.full(n, FORWARD)
    stop[:3] = STOP
    obs, _, terminated, _, infos = env.step(stop)
    assert terminated[:3].all()
    assert infos["final_obs"].shape == (n, 13)
    assert infos["final_obs"][:3, 12].tolist() == [0, 1, 2]
    number = env.state.episode[:3]
    assert np.allclose(np.exp(1j * env.headings[:3]), np.exp(1j * trips.end[number, 2]))
    assert env.observation_space.contains(obs)
    assert np.array_equal(env.restore(env.state), obs)


def test_the_oracle_walks_second_trips_straight(made, tmp_path):
    _, _, trips = made
    n = len(trips.episodes)
    env = SecondTrips(n, trips, "t-to-s", tmp_path / "second.json.gz", max_steps=400)
    played = play(Oracle(env), env, np.arange(n), keep_paths=True)
    walks = second_walks(trips, played, {"success": 0.0, "spl": 0.0})
    assert walks.success.score == 1.0
    assert walks.spl.score > 0.95
    assert walks.trips.length_ratio.score == pytest.approx(1.0, abs=0.1)
    assert walks.trips.off_the_first.score < 0.5 < walks.trips.off_the_first.chance
    assert set(walks.document()) == {"success", "spl", "trips"}


def test_memories_are_the_final_ones_and_their_nulls(made):
    _, kept, trips = made
    h, c = final_memories(kept, trips, "trained")
    last = kept.episodes["first"] + kept.episodes["steps"] - 1
    row = int(np.searchsorted(kept.at, last[trips.episodes[5]]))
    assert h[1, 5].tolist() == kept.states["h.1"][row].astype(np.float32).tolist()
    assert c[0, 5].tolist() == kept.states["c.0"][row].astype(np.float32).tolist()
    other, _ = final_memories(kept, trips, "shuffled")
    assert not torch.equal(other, h)
    assert torch.equal(other[0].sort(0).values, h[0].sort(0).values)
    assert (final_memories(kept, trips, "zero")[0] == 0).all()
    assert not torch.equal(final_memories(kept, trips, "untrained")[0], h)


def observations(steps, n, trips, begins):
    rng = np.random.default_rng(3)
    obs = torch.from_numpy(rng.normal(size=(steps, n, 13)).astype(np.float32))
    obs[..., STARTED] = 0
    number = rng.integers(trips, size=n)
    for t in range(steps):
        for e in range(n):
            if (t, e) in begins:
                obs[t, e, STARTED], number[e] = 1, rng.integers(trips)
            obs[t, e, 12] = float(number[e])
    return obs


@pytest.mark.parametrize("senses", ["egomotion", "paper"])
def test_a_probe_at_once_and_step_by_step_agree(senses):
    torch.manual_seed(0)
    h, c = torch.randn(2, 2, 5, 8)
    probe = ProbeAgent(BlindAgent(8, 2, senses=senses), h, c)
    obs = observations(12, 3, 5, [(0, 0), (4, 0), (4, 1), (11, 2)])
    before = probe.blank_memory(3)._replace(h=torch.randn(2, 3, 8), c=torch.randn(2, 3, 8))
    at_once, values, last = probe(obs, before, obs[..., STARTED] == 0)
    memory = before
    for t in range(12):
        logits, value, memory = probe(obs[t : t + 1], memory.where(obs[t, :, STARTED] == 0))
        assert torch.allclose(logits[0], at_once[t], atol=1e-6)
        assert torch.allclose(value[0], values[t], atol=1e-6)
    for a, b in zip(memory, last, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_a_probe_begins_with_the_memory_of_its_trip():
    torch.manual_seed(0)
    h, c = torch.randn(2, 1, 5, 8)
    agent = BlindAgent(8, senses="paper")
    probe = ProbeAgent(agent, h, c)
    obs = observations(1, 2, 5, [(0, 0)])
    trip = int(obs[0, 0, 12])
    logits, _, after = probe(obs, probe.blank_memory(2))
    begun = agent.blank_memory(1)._replace(h=h[:, trip : trip + 1], c=c[:, trip : trip + 1])
    expected, _, memory = agent(obs[:, :1, :12], begun)
    assert torch.allclose(logits[0, 0], expected[0, 0], atol=1e-6)
    assert torch.allclose(after.c[:, 0], memory.c[:, 0], atol=1e-6)
    blank, _, _ = agent(obs[:, 1:, :12], agent.blank_memory(1))
    assert torch.allclose(logits[0, 1], blank[0, 0], atol=1e-6)


def test_weights_are_the_agents_or_new_ones():
    agent = BlindAgent(8)
    memories = torch.zeros(2, 1, 3, 8)
    weights = ProbeAgent(agent, *memories).state_dict()
    assert set(weights) == set(agent.state_dict())
    assert all(torch.equal(weights[name], value) for name, value in agent.state_dict().items())
    assert not torch.equal(ProbeAgent(agent, *memories, fresh=True).actor.weight, agent.actor.weight)
    other = ProbeAgent(agent, *memories).with_memories(*torch.ones(2, 1, 7, 8))
    assert other.h_0.shape == (1, 7, 8)


def test_bad_questions_are_refused_with_the_cure(made):
    _, kept, _ = made
    with pytest.raises(ValueError, match=r"\[2, trip, 8\]"):
        ProbeAgent(BlindAgent(8, 2), torch.zeros(1, 3, 8), torch.zeros(1, 3, 8))
    failed = kept._replace(episodes=kept.episodes | {"success": np.zeros(40)})
    with pytest.raises(ValueError, match="none of 40 first trips"):
        first_trips(failed, np.arange(40))
