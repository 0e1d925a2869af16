"""The Gymnasium shells: spaces, batches, seeds, ends of matches, action forms, the single env."""

import copy
import inspect

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

import sims  # noqa: F401 (registers the ids)
from sims.ctf.actions import FACTORS, SMALL, STILL
from sims.ctf.art.atlas import art
from sims.ctf.env import CaptureTheFlagSettings, CaptureTheFlagVectorEnv
from sims.ctf.parallel import parallel_env
from sims.ctf.senses import N_SENSES
from sims.ctf.single import CaptureTheFlagEnv
from sims.ctf.state import CARRIED, EVENTS, HOME, POINTS
from tests.sims.ctf.envs import FORWARD, LITTLE, MIXED, VECTOR, parts, put, record, still, ways


@pytest.mark.parametrize(
    "settings",
    [LITTLE, {**MIXED, "planes": ("depth", "things")}, {**MIXED, "planes": ["things"]}, VECTOR],
    ids=["rgb", "planes", "things", "vector"],
)
def test_observations_are_in_their_spaces(settings):
    env = CaptureTheFlagVectorEnv(8, **settings)
    assert env.single_action_space == gymnasium.spaces.MultiDiscrete([5, 3, 3, 3, 2, 2])
    assert env.action_space.shape == (8, 6)
    obs, infos = env.reset(seed=0)
    assert infos["map"].tolist() == np.repeat(env.state.map, 4).tolist()
    for action in ways(40, 8):
        assert env.observation_space.contains(obs)
        obs, rewards, terminated, truncated, infos = env.step(action)
        assert rewards.shape == terminated.shape == truncated.shape == (8,)
        assert (rewards.dtype, terminated.dtype, truncated.dtype) == (np.float64, np.bool_, np.bool_)
        assert infos["events"].shape == (8, 13)
        assert not truncated.any()
    assert all(array.flags.c_contiguous for array in parts(obs))


def test_defaults_are_those_of_the_game():
    env = gymnasium.make_vec("umwelt/CaptureTheFlag-v0", num_envs=4)
    assert env.observation_space.shape == (4, 84, 84, 3)
    assert env.observation_space.dtype == np.uint8
    assert (env.rules.match_steps, env.rules.hits_to_tag, env.n_players, env.n_matches) == (4500, 2, 4, 1)
    assert all(name.startswith("indoor:") for name in env.map_names)
    single = gymnasium.make("umwelt/CaptureTheFlag-v0").unwrapped
    assert single.batch.bots == {1: 3, 2: 3, 3: 3}


@pytest.mark.parametrize("obs", ["rgb", "vector"])
def test_a_match_of_a_batch_equals_the_match_alone(obs):
    settings = {**MIXED, "obs": obs, "bots": {1: 5, 2: "patrol"}, "match_steps": 50, "planes": ()}
    together = CaptureTheFlagVectorEnv(10, **settings)
    alone = [CaptureTheFlagVectorEnv(2, **settings) for _ in range(5)]
    first, infos = together.reset(seed=40)
    assert len(set(infos["map"].tolist())) > 1
    for m, env in enumerate(alone):
        assert env.reset(seed=40 + m)[0].tobytes() == first[2 * m : 2 * m + 2].tobytes()
        assert env.map_of(0) == together.map_of(2 * m)
    for action in ways(120, 10):
        results = together.step(action)
        for m, env in enumerate(alone):
            rows = slice(2 * m, 2 * m + 2)
            *own, infos = env.step(action[rows])
            assert all(a.tobytes() == b[rows].tobytes() for a, b in zip(own, results, strict=False))
            assert infos["events"].tobytes() == results[4]["events"][rows].tobytes()
            if own[2].any():
                assert infos["final_obs"].tobytes() == results[4]["final_obs"][rows].tobytes()
                for name, values in infos["final_info"].items():
                    assert np.array_equal(values, results[4]["final_info"][name][rows])


@pytest.mark.parametrize(
    "settings", [LITTLE, VECTOR, {**LITTLE, "planes": ("depth",)}], ids=["rgb", "vector", "planes"]
)
def test_matches_that_end_begin_anew_in_the_same_step(settings):
    settings = {**settings, "match_steps": 7, "bots": {3: 4}}
    env, by_hand = (CaptureTheFlagVectorEnv(6, **settings) for _ in range(2))
    by_hand._autoreset = False
    env.reset(seed=9)
    by_hand.reset(seed=9)
    actions = ways(14, 6)
    for k in range(14):
        obs, _, terminated, truncated, infos = env.step(actions[k])
        last, _, _, _, expected = by_hand.step(actions[k])
        assert terminated.tolist() == [k % 7 == 6] * 6
        assert not truncated.any()
        assert ("final_obs" in infos) == terminated.all()
        if terminated.any():
            assert infos["_final_obs"].all()
            assert infos["_final_info"].all()
            for i in range(6):
                one, other = (
                    infos["final_obs"][i],
                    {n: v[i] for n, v in last.items()} if "planes" in settings else last[i],
                )
                assert all(np.array_equal(a, b) for a, b in zip(parts(one), parts(other), strict=True))
            for name in ("outcome", "score", "score_against", "points", *EVENTS):
                assert np.array_equal(infos["final_info"][name], expected["final_info"][name])
                assert infos["final_info"][f"_{name}"].all()
            assert env.state.match_count.tolist() == [(k + 1) // 7] * 2
            last, _ = by_hand.reset()
        assert all(np.array_equal(a, b) for a, b in zip(parts(obs), parts(last), strict=True))


def test_only_matches_that_end_have_final_observations():
    env = CaptureTheFlagVectorEnv(8, **LITTLE, match_steps=9)
    env.reset(seed=0)
    for _ in range(4):
        env.step(still(env))
    env.reset(options={"reset_mask": np.repeat([True, False], 4)})
    for _ in range(5):
        obs, _, terminated, _, infos = env.step(still(env))
    assert terminated.tolist() == [False] * 4 + [True] * 4
    assert not infos["final_obs"][:4].any()
    assert infos["final_obs"][4:].any(axis=(1, 2, 3)).all()
    assert infos["_final_info"].tolist() == terminated.tolist()
    assert infos["final_info"]["_outcome"].tolist() == terminated.tolist()
    assert not np.shares_memory(obs, infos["final_obs"])
    infos["_final_info"][:] = False
    infos["_final_obs"][:] = False
    assert terminated[4:].all(), "masks are arrays of their own"


def test_outcome_score_and_points(hall):
    env = CaptureTheFlagVectorEnv(4, maps=hall, obs="vector", match_steps=3)
    env.reset(seed=0)
    state = env.state
    for p, at in enumerate(((17.0, 3.0), (15.0, 3.0), (3.0, 17.0), (5.0, 17.0))):
        put(env, p, *at)
    put(env, 0, 5.0, 5.0)
    state.flag[0, 1], state.carrier[0, 1] = CARRIED, 0
    rewards = env.step(still(env))[1]
    assert rewards.tolist() == [5.0, 0.0, 0.0, 0.0]
    env.step(still(env))
    final = env.step(still(env))[4]["final_info"]
    assert final["outcome"].tolist() == [1, 1, -1, -1]
    assert final["score"].tolist() == [1, 1, 0, 0]
    assert final["score_against"].tolist() == [0, 0, 1, 1]
    assert final["points"].tolist() == [5.0, 0.0, 0.0, 0.0]
    assert final["captured"].tolist() == [1, 0, 0, 0]
    assert final["teammate_captured"].tolist() == [0, 1, 0, 0]
    assert final["opponent_captured"].tolist() == [0, 0, 1, 1]
    for _ in range(3):
        final = env.step(still(env))[4].get("final_info")
    assert final["outcome"].tolist() == [0] * 4, "a draw is a draw, and the next match counts from zero"


def test_rewards_and_finals_are_those_of_the_events():
    weights = np.random.default_rng(0).normal(size=(6, 13))
    env = CaptureTheFlagVectorEnv(
        6, **VECTOR, bots={0: 5}, match_steps=300, event_weights=weights, respawn_steps=5, hits_to_tag=1
    )
    env.reset(seed=1)
    counted, points, ends = np.zeros((6, 13)), np.zeros(6), 0
    for action in ways(900, 6):
        _, rewards, terminated, _, infos = env.step(action)
        assert rewards == pytest.approx((infos["events"] * weights).sum(axis=1))
        counted += infos["events"]
        points += infos["events"] @ np.array(POINTS)
        if terminated.all():
            ends += 1
            final = infos["final_info"]
            assert np.array_equal(np.stack([final[name] for name in EVENTS], 1), counted)
            assert final["points"] == pytest.approx(points)
            counted[:], points[:] = 0, 0
    assert ends == 3


def test_one_row_of_weights_serves_all_slots():
    weights = np.arange(13.0)
    a = CaptureTheFlagVectorEnv(4, **VECTOR, event_weights=weights)
    b = CaptureTheFlagVectorEnv(4, **VECTOR, event_weights=np.tile(weights, (4, 1)))
    assert np.array_equal(a._weights, b._weights)
    assert np.array_equal(CaptureTheFlagVectorEnv(2, **VECTOR, bots={0: 1, 1: 1})._weights[0, :2], np.zeros((2, 13)))


def test_all_forms_of_actions_play_alike():
    factors, composite, small = (
        CaptureTheFlagVectorEnv(4, **LITTLE, actions=form) for form in ("factors", "composite", "small")
    )
    assert composite.single_action_space == gymnasium.spaces.Discrete(540)
    assert small.single_action_space == gymnasium.spaces.Discrete(len(SMALL))
    actions = ways(60, 4)
    numbers = [np.ravel_multi_index(tuple(action.T), FACTORS) for action in actions]
    assert record(factors, actions) == record(composite, numbers)
    numbers = np.random.default_rng(0).integers(0, len(SMALL), (60, 4))
    table = np.array([row for _, row in SMALL])
    assert record(small, numbers) == record(factors, table[numbers])


def test_actions_of_any_integer_kind_are_taken_as_they_are():
    env = CaptureTheFlagVectorEnv(4, **LITTLE)
    actions = ways(6, 4)
    frozen = actions.copy()
    frozen.flags.writeable = False
    forms = [actions, frozen, actions.astype(np.int8), actions.astype(np.uint64), np.asfortranarray(actions)]
    forms.append(actions.tolist())
    assert len({record(env, form) for form in forms}) == 1


@pytest.mark.parametrize("n_threads", [2, 3])
def test_same_bytes_in_any_number_of_threads(n_threads):
    settings = {**MIXED, "bots": {1: 4, 3: "defender"}, "match_steps": 120, "planes": ("depth", "things")}
    alone, threaded = (CaptureTheFlagVectorEnv(10, **settings, n_threads=n) for n in (1, n_threads))
    assert threaded.n_threads == n_threads
    actions = ways(300, 10)
    assert record(alone, actions) == record(threaded, actions)


def test_same_seed_same_bytes_and_different_seeds_differ():
    env = CaptureTheFlagVectorEnv(4, **LITTLE, bots=None)
    actions = ways(30, 4)
    assert record(env, actions, seed=2) == record(env, actions, seed=2)
    assert len({record(env, actions, seed=s) for s in range(6)}) == 6


def test_copies_are_asked_for_or_not():
    fresh, reused = (CaptureTheFlagVectorEnv(4, **LITTLE, copy=copied) for copied in (True, False))
    assert record(fresh, ways(20, 4)) == record(reused, ways(20, 4))
    a, b = fresh.step(still(fresh)), fresh.step(still(fresh))
    assert not any(np.shares_memory(x, y) for x, y in zip(a[:4], b[:4], strict=True))
    assert not np.shares_memory(a[4]["events"], b[4]["events"])
    assert np.shares_memory(reused.step(still(reused))[0], reused.step(still(reused))[0])


def test_reset_mask_begins_whole_matches_anew_and_leaves_the_others():
    env, other = (CaptureTheFlagVectorEnv(9, **LITTLE, bots={2: 3}) for _ in range(2))
    for each in (env, other):
        each.reset(seed=5)
        for action in ways(20, 9):
            each.step(action)
    mask = np.repeat([False, True, False], 3)
    obs, infos = env.reset(options={"reset_mask": mask})
    assert env.state.clock.tolist() == [20, 0, 20]
    assert env.state.match_count.tolist() == [0, 1, 0]
    assert infos["map"].shape == (9,)
    step, untouched = env.step(still(env))[0], other.step(still(other))[0]
    assert np.array_equal(step[~mask], untouched[~mask])
    fresh = CaptureTheFlagVectorEnv(3, **LITTLE, bots={2: 3})
    fresh.reset(seed=6)
    assert np.array_equal(fresh.reset()[0], obs[mask]), "seed 5 + 1, second match"
    env.reset(seed=70, options={"reset_mask": mask})
    assert env.state.seed.tolist() == [5, 71, 7]


@pytest.mark.parametrize("seed", [0, 2**32, 2**64 - 1, 2**64 + 5, 10**40])
def test_absurd_seeds_work(seed):
    env = CaptureTheFlagVectorEnv(8, **VECTOR)
    assert np.isfinite(env.reset(seed=seed)[0]).all()
    assert env.state.seed.tolist() == [seed % 2**64, (seed + 1) % 2**64]


def test_looking_changes_nothing():
    seen, blind = (CaptureTheFlagVectorEnv(4, **MIXED, obs=obs, render_mode="rgb_array") for obs in ("rgb", "vector"))
    seen.reset(seed=2)
    blind.reset(seed=2)
    for action in ways(30, 4):
        seen.step(action)
        obs, pictures = seen.step(action)[0], seen.render()
        assert np.array_equal(obs, pictures), "what is rendered is what is observed"
        blind.step(action)
        blind.step(action)
    assert all(np.array_equal(a, b) for a, b in zip(seen.state, blind.state, strict=True))
    assert CaptureTheFlagVectorEnv(4, **LITTLE).render() is None
    assert np.array_equal(seen.render(), blind.render())


def test_the_art_is_made_once_however_many_threads_need_it():
    art.cache_clear()
    CaptureTheFlagVectorEnv(12, **LITTLE, n_threads=3).reset(seed=0)
    assert art.cache_info().misses == 1
    art.cache_clear()
    CaptureTheFlagVectorEnv(12, **VECTOR).reset(seed=0)
    assert art.cache_info().misses == 0, "nobody sees it"


def test_a_copied_env_goes_on_alike_and_shares_its_maps():
    env = CaptureTheFlagVectorEnv(4, **LITTLE, bots=None)
    env.reset(seed=0)
    other = copy.deepcopy(env)
    assert other.maps is env.maps
    for action in ways(20, 4):
        assert env.step(action)[0].tobytes() == other.step(action)[0].tobytes()


def test_gymnasiums_own_batches_of_single_envs_agree_with_ours():
    kwargs = {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}
    theirs = gymnasium.make_vec(
        "umwelt/CaptureTheFlag-v0",
        num_envs=2,
        vectorization_mode="sync",
        vector_kwargs=kwargs,
        match_steps=6,
        **LITTLE,
    )
    ours = CaptureTheFlagVectorEnv(2, **LITTLE, bots={1: 3, 2: 3, 3: 3}, match_steps=6)
    assert (theirs.reset(seed=3)[0] == ours.reset(seed=3)[0]).all()
    for action in ways(14, 2):
        a, b = theirs.step(action), ours.step(action)
        assert all((x == y).all() for x, y in zip(a[:4], b[:4], strict=True))
        if b[2].any():
            assert (a[4]["final_info"]["points"] == b[4]["final_info"]["points"]).all()
    theirs.close()


def test_gymnasiums_statistics_of_episodes_work():
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(CaptureTheFlagVectorEnv(4, **LITTLE, match_steps=3))
    envs.reset(seed=0)
    for _ in range(3):
        *_, infos = envs.step(np.tile(STILL, (4, 1)))
    assert infos["_episode"].tolist() == [True] * 4
    assert infos["episode"]["l"].tolist() == [3] * 4


@pytest.mark.parametrize(
    "settings",
    [{}, {"planes": ("things",)}, {"actions": "composite"}],
    ids=["rgb", "planes", "composite"],
)
def test_checkers_pass_without_a_warning(settings):
    env = gymnasium.make("umwelt/CaptureTheFlag-v0", maps="indoor:0-3", render_mode="rgb_array", **settings)
    assert env.spec.max_episode_steps is None
    check_env(env.unwrapped)


def test_stable_baselines3s_checker_passes():
    check_env_sb3(gymnasium.make("umwelt/CaptureTheFlag-v0", maps="indoor:0-3", actions="factors").unwrapped)


def test_the_single_env_is_slot_0_and_tells_the_results_at_the_end():
    env = CaptureTheFlagEnv(**LITTLE, match_steps=5, planes=("depth",))
    batch = CaptureTheFlagVectorEnv(1, **LITTLE, match_steps=5, planes=("depth",), bots={1: 3, 2: 3, 3: 3})
    obs, info = env.reset(seed=8)
    assert info == {"map": int(batch.reset(seed=8)[1]["map"][0])}
    for k in range(5):
        obs, reward, terminated, truncated, info = env.step(np.array(FORWARD))
        expected = batch.step([FORWARD])
        assert env.observation_space.contains(obs)
        assert (type(reward), terminated, truncated) == (float, k == 4, False)
    final = expected[4]["final_info"]
    assert set(info) == {"events", "outcome", "score", "score_against", "points", *EVENTS}
    assert all(info[name] == final[name][0] for name in info if name != "events")
    assert np.array_equal(obs["rgb"], expected[4]["final_obs"][0]["rgb"])
    with pytest.raises(gymnasium.error.ResetNeeded, match="the match is over"):
        env.step(np.array(FORWARD))
    env.reset()
    assert env.state.match_count.tolist() == [1]
    with pytest.raises(ValueError, match="unknown reset options"):
        env.reset(options={"reset_mask": np.ones(1, bool)})


def test_the_single_env_takes_what_the_batch_takes():
    ours = set(inspect.signature(CaptureTheFlagVectorEnv.__init__).parameters)
    known = set(CaptureTheFlagSettings.__annotations__)
    assert ours - known == {"self", "num_envs", "n_threads", "copy", "render_mode"}
    assert known <= ours


def test_the_spec_survives_json():
    spec = gymnasium.make("umwelt/CaptureTheFlag-v0", **LITTLE).spec
    again = gymnasium.envs.registration.EnvSpec.from_json(spec.to_json())
    assert gymnasium.make(again).reset(seed=0)[0].shape == (24, 24, 3)


def test_memory_per_match_does_not_grow():
    small, large = (CaptureTheFlagVectorEnv(4 * n, **LITTLE) for n in (1, 16))
    small.reset(seed=0)
    large.reset(seed=0)
    before = small.memory_per_match()
    assert before == large.memory_per_match() > 4 * 24 * 24 * 3
    for action in ways(20, 4):
        small.step(action)
    assert small.memory_per_match() == before


def test_flags_stay_where_the_rules_have_them():
    """Invariants of 16 matches in which bots fight for a minute on maps of both families."""
    env = CaptureTheFlagVectorEnv(
        16,
        maps=["indoor:0-8", "outdoor:0-8"],
        obs="vector",
        bots={1: 5, 2: 4, 3: 5},
        respawn_steps=8,
        match_steps=10**6,
    )
    env.reset(seed=0)
    tags = 0
    for action in ways(900, 16):
        *_, infos = env.step(action)
        state = env.state
        out = state.respawn > 0
        for flag in range(2):
            carried = state.flag[:, flag] == CARRIED
            assert np.array_equal(carried, state.carrier[:, flag] >= 0)
            m, p = np.flatnonzero(carried), state.carrier[carried, flag]
            assert (p // 2 == 1 - flag).all()
            assert not out[m, p].any()
            assert np.array_equal(state.flag_x[m, flag], state.x[m, p])
            assert ((state.flag_timer[:, flag] > 0) == (~carried & (state.flag[:, flag] != HOME))).all()
            home = state.flag[:, flag] == HOME
            assert np.array_equal(state.flag_x[home, flag], env.maps.stands[state.map[home], flag, 0])
        assert ((state.hits < 2) | out).all()
        assert np.array_equal(
            np.stack([state.totals[:, :2, 2].sum(axis=1), state.totals[:, 2:, 2].sum(axis=1)], axis=1), state.score
        )
        tagged, tagging = state.totals[:, :, :2].sum(axis=1), state.totals[:, :, 5:7].sum(axis=1)
        assert np.array_equal(tagged, tagging), "whoever is tagged was tagged by one player"
        for event in (2, 3, 4):
            own, mate, opponent = (state.totals[:, :, event + add].sum(axis=1) for add in (0, 5, 8))
            assert np.array_equal(own, mate)
            assert np.array_equal(2 * own, opponent)
        assert np.isfinite(state.x).all()
        assert (infos["events"] <= 2).all()
        tags = int(tagged.sum())
    assert tags > 30
    assert env.state.totals[:, :, 3].sum() > 10


def test_a_snapshot_goes_on_as_the_env_did_bots_minds_included():
    env = CaptureTheFlagVectorEnv(2, maps="indoor:0-3", bots={1: 2, 2: 4, 3: "patrol"}, obs="vector", match_steps=200)
    other = CaptureTheFlagVectorEnv(2, maps="indoor:0-3", bots={1: 2, 2: 4, 3: "patrol"}, obs="vector", match_steps=200)
    env.reset(seed=3)
    for _ in range(150):
        env.step(np.tile(STILL, (2, 1)))
    kept = env.snapshot()
    on = [env.step(np.tile(STILL, (2, 1)))[0].tobytes() for _ in range(120)]
    restored = other.restore(kept)
    assert restored.shape == (2, N_SENSES)
    assert [other.step(np.tile(STILL, (2, 1)))[0].tobytes() for _ in range(120)] == on
    with pytest.raises(ValueError, match="restore into an env with as many matches"):
        CaptureTheFlagVectorEnv(1, maps="indoor:0-3", bots={1: 2, 2: 4, 3: "patrol"}, obs="vector").restore(kept)


def test_event_weights_go_by_name_and_can_change_between_steps():
    env = CaptureTheFlagVectorEnv(4, maps="indoor:0-1", obs="vector", event_weights={"picked_up": 2.0})
    env.reset(seed=0)
    env.state.x[0, 0], env.state.y[0, 0] = env.state.flag_x[0, 1], env.state.flag_y[0, 1]
    assert env.step(np.tile(STILL, (4, 1)))[1].tolist() == [2.0, 0.0, 0.0, 0.0]
    env.reset(seed=0)
    env.set_event_weights({"opponent_picked_up": -1.0})
    env.state.x[0, 0], env.state.y[0, 0] = env.state.flag_x[0, 1], env.state.flag_y[0, 1]
    assert env.step(np.tile(STILL, (4, 1)))[1].tolist() == [0.0, 0.0, -1.0, -1.0]


def test_every_match_says_which_map_it_is_on():
    env = CaptureTheFlagVectorEnv(8, maps="indoor:0-5", obs="vector", match_steps=3)
    _, infos = env.reset(seed=0)
    assert infos["_map"].all()
    assert infos["map"].tolist() == np.repeat(env.state.map, 4).tolist()
    for k in range(3):
        infos = env.step(np.tile(STILL, (8, 1)))[4]
        assert ("map" in infos) == (k == 2)
    assert infos["map"].tolist() == np.repeat(env.state.map, 4).tolist()


def test_every_shell_tells_probes_what_they_ask():
    single = gymnasium.make("umwelt/CaptureTheFlag-v0", obs="vector", maps="indoor:0-1").unwrapped
    single.reset(seed=0)
    assert single.privileged().position.shape == (1, 4, 3)
    match = parallel_env(obs="vector", maps="indoor:0-1")
    match.reset(seed=0)
    assert match.privileged().sees.shape == (1, 4, 4)
