"""The compact observation of a player, by hand and by symmetry."""

import numpy as np
import pytest

import sims  # noqa: F401 (registers the ids)
from sims.ctf.env import CaptureTheFlagVectorEnv
from sims.ctf.motion import TOP_SPEED
from sims.ctf.senses import CHANNELS, N_RAYS, N_SENSES, OWN, RANGE
from sims.ctf.state import CARRIED
from tests.sims.ctf.envs import put, still


def senses(row: np.ndarray) -> dict[str, np.ndarray]:
    rays = {name: row[i * N_RAYS : (i + 1) * N_RAYS] for i, name in enumerate(CHANNELS)}
    return rays | dict(zip(OWN, row[N_RAYS * len(CHANNELS) :], strict=True))


@pytest.mark.kernels
def test_senses_by_hand(hall):
    env = CaptureTheFlagVectorEnv(4, maps=hall, obs="vector", n_threads=1)
    assert env.single_observation_space.shape == (N_SENSES,)
    env.reset(seed=0)
    put(env, 0, 8.5, 13.0)
    put(env, 2, 13.0, 13.5, 120)  # a little to the left of the middle
    put(env, 1, 11.5, 12.0, 180)  # to the right
    put(env, 3, 4.0, 13.0, 180)  # behind
    rows = [senses(row) for row in env.step(still(env))[0]]
    me = rows[0]
    near = 1.0 - np.hypot(4.5, 0.5) / RANGE
    assert me["opponent"].tolist() == pytest.approx([0.0] * 7 + [near] + [0.0] * 8)
    ray = int((1.0 / 3.0 + 1.0) * 8)
    assert np.flatnonzero(me["teammate"]).tolist() == [ray]
    assert me["teammate"][ray] == pytest.approx(1.0 - np.hypot(3.0, 1.0) / RANGE)
    aside = 0.5 / 8.0
    assert me["wall"][7] == me["wall"][8] == pytest.approx(1.0 - 9.5 * np.sqrt(1.0 + aside**2) / RANGE)
    assert np.flatnonzero(me["their_flag"]).tolist() == [5], "at (15, 15): 2 m to the left at 6.5 m ahead"
    assert not me["own_flag"].any()
    assert (me["x"], me["y"]) == pytest.approx((-1.5 / RANGE, 3.0 / RANGE))
    assert (me["heading_cos"], me["heading_sin"]) == pytest.approx((1.0, 0.0))
    assert rows[2]["heading_cos"] == pytest.approx(1.0), "blue's frame is turned"
    assert rows[2]["x"] == pytest.approx(-3.0 / RANGE)
    assert (me["in_play"], me["can_tag"], me["own_flag_home"], me["their_flag_home"]) == (1, 1, 1, 1)
    assert (me["carrying"], me["airborne"], me["hits"]) == (0, 0, 0)
    env.state.flag[0, 1], env.state.carrier[0, 1] = CARRIED, 0
    act = still(env)
    act[0] = (2, 2, 1, 2, 1, 1)
    rows = [senses(row) for row in env.step(act)[0]]
    me = rows[0]
    assert (me["carrying"], me["airborne"], me["can_tag"], me["their_flag_home"]) == (1, 1, 0, 0)
    assert not me["their_flag"].any()
    assert me["pitch"] == pytest.approx(1 / 20)
    assert me["speed_up"] > 0.0
    assert me["speed_forward"] == pytest.approx(env.state.vx[0, 0] / TOP_SPEED)
    assert rows[2]["own_flag_home"] == 0
    assert np.flatnonzero(rows[2]["own_flag"]).tolist(), "the thief is in its sight, the flag on its back"


@pytest.mark.parametrize("maps", ["indoor:0-8", "outdoor:0-8"])
def test_both_teams_sense_the_same_when_a_match_begins(maps):
    env = CaptureTheFlagVectorEnv(32, maps=maps, obs="vector")
    obs, _ = env.reset(seed=0)
    by_team = obs.reshape(8, 2, 2, N_SENSES)
    own = slice(N_RAYS * len(CHANNELS), None)
    assert by_team[:, 0, :, own] == pytest.approx(by_team[:, 1, :, own], abs=1e-5)
    for _ in range(6):  # turned a little: what is exactly between two rays may be on either
        by_team = env.step(np.tile((1, 1, 1, 2, 0, 0), (32, 1)))[0].reshape(8, 2, 2, N_SENSES)
        assert by_team[:, 0] == pytest.approx(by_team[:, 1], abs=1e-4)
