"""Records: what was played is what is kept, on disk too, and a damaged one is found out."""

import json

import numpy as np
import pyarrow.parquet
import pytest
import torch
from safetensors.numpy import load_file

from agents.checkpoint import save_agent
from agents.evaluate import choose_episodes, play
from agents.nets import BlindAgent
from agents.policy import RecurrentPolicy
from agents.windowed import agent_with
from probes.record import RecordSettings, record, record_run, run, untrained_twin
from probes.records import check_record, read_record, unit_names, units, write_record
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.oracle import Oracle

SMALL = {"layouts": "houses:1000000-1000003", "goals_per_layout": 2, "starts_per_goal": 4, "max_steps": 60}
N = 10


class Walker:
    """The oracle's feet with an agent's memory, so that episodes end at their goals."""

    def __init__(self, env, agent):
        self.oracle, self.mind = Oracle(env), RecurrentPolicy(agent)

    def initial_state(self, n):
        self.legs = self.oracle.initial_state(n)
        return self.mind.initial_state(n)

    def step(self, obs, state):
        actions, self.legs = self.oracle.step(obs, self.legs)
        return actions, self.mind.step(obs, state)[1]


def agent(layers=2, seed=0):
    torch.manual_seed(seed)
    return BlindAgent(8, layers)


def small(size=4, **changes):
    env = PointNavVectorEnv(size, **{**SMALL, **changes})
    mind = agent()
    return env, mind, record(Walker(env, mind), env, N, twin=RecurrentPolicy(untrained_twin(mind, 1)), seed=3)


def test_episodes_are_those_that_evaluation_plays():
    env, _, made = small()
    played = play(Oracle(env), env, choose_episodes(24, N, 3), keep_paths=True)
    assert made.episodes["number"].tolist() == played.number.tolist()
    assert made.episodes["steps"].tolist() == played.steps.tolist()
    assert made.layouts == played.layouts
    assert all(np.array_equal(made.episodes[name], values) for name, values in played.measures.items())
    for e in range(N):
        inside, path = made.slice_of(e), played.paths[e]
        assert made.steps["pose_world"][inside] == pytest.approx(path[: inside.stop - inside.start])
        assert made.steps["collided"][inside].sum() == made.episodes["collisions"][e]


def test_records_do_not_depend_on_the_batch():
    (_, _, one), (_, _, many) = small(1), small(16)
    for a, b in ((one.steps, many.steps), (one.episodes, many.episodes)):
        assert all(np.array_equal(a[name], b[name]) for name in a)
    for name in one.states:
        assert one.states[name] == pytest.approx(many.states[name].astype(float), abs=1e-3)


def test_an_agent_with_a_window_has_a_twin_with_one():
    mind = agent_with(4, 8)
    twin = untrained_twin(mind, 1)
    assert (twin.memory_window, twin.copies) == (mind.memory_window, mind.copies) == (4, 4)
    env = PointNavVectorEnv(2, **SMALL)
    made = record(Walker(env, mind), env, 3, twin=RecurrentPolicy(twin), seed=3)
    assert made.states["h.0"].shape == made.untrained["h.0"].shape == (made.episodes["steps"].sum(), 4 * 8)


def test_states_are_those_of_the_agent_along_the_path():
    _, mind, made = small()
    twin = untrained_twin(mind, 1)
    for states, walker in ((made.states, mind), (made.untrained, twin)):
        for e in (0, N - 1):
            inside = made.slice_of(e)
            seen = torch.from_numpy(made.steps["observation"][inside])[:, None]
            with torch.no_grad():
                layers = walker.trace(seen, walker.blank_memory(1))
            for k, layer in enumerate(layers):
                assert states[f"h.{k}"][inside] == pytest.approx(layer.h[:, 0].numpy(), abs=1e-3)
                assert states[f"c.{k}"][inside] == pytest.approx(layer.c[:, 0].numpy(), abs=1e-3)
    assert not np.allclose(made.states["c.0"], made.untrained["c.0"], atol=1e-3)


def test_poses_in_the_start_frame_are_what_the_agent_sees():
    _, _, made = small()
    seen, poses = made.steps["observation"], made.steps["pose_start"]
    assert poses[:, :2] == pytest.approx(seen[:, 2:4], abs=1e-4)
    assert np.cos(poses[:, 2]) == pytest.approx(seen[:, 4], abs=1e-6)
    assert np.sin(poses[:, 2]) == pytest.approx(seen[:, 5], abs=1e-6)
    assert poses[made.episodes["first"]] == pytest.approx(np.zeros((N, 3)))


def test_units_stand_layer_by_layer_h_first():
    _, _, made = small()
    assert unit_names(made.states) == ["h.0", "c.0", "h.1", "c.1"]
    both = units(made.states, np.array([5, 2]))
    assert both.shape == (2, 32)
    assert np.array_equal(both[1, 8:16], made.states["c.0"][2].astype(np.float32))


def test_the_memory_can_be_kept_at_some_moments_alone():
    env, mind, whole = small()
    some = record(Walker(env, mind), env, N, twin=RecurrentPolicy(untrained_twin(mind, 1)), seed=3, moments=5)
    check_record(some)
    assert np.array_equal(some.steps["action"], whole.steps["action"])
    first, n_rows = some.rows()
    assert (n_rows == np.minimum(5, whole.episodes["steps"])).all()
    assert some.at[first + n_rows - 1].tolist() == (whole.episodes["first"] + whole.episodes["steps"] - 1).tolist()
    assert all(np.allclose(some.states[name], whole.states[name][some.at], atol=1e-3) for name in some.states)


def test_what_is_written_is_what_is_read_and_others_can_read_it(tmp_path):
    _, _, made = small()
    write_record(tmp_path / "r", made._replace(about={"seed": 3}))
    read = read_record(tmp_path / "r")
    for name in ("states", "untrained", "steps", "episodes"):
        a, b = getattr(made, name), getattr(read, name)
        assert list(map(str, sorted(a))) == sorted(b)
        assert all(a[key].dtype == b[key].dtype and np.array_equal(a[key], b[key]) for key in a)
    assert np.array_equal(made.free, read.free)
    assert (read.layouts, read.about) == (made.layouts, {"seed": 3})
    table = pyarrow.parquet.read_table(tmp_path / "r" / "episodes.parquet").to_pylist()
    states = load_file(tmp_path / "r" / "states.safetensors")
    inside = (states["sample"] >= table[3]["first"]) & (states["sample"] < table[3]["first"] + table[3]["steps"])
    assert np.array_equal(states["h.0"][inside], made.states["h.0"][made.slice_of(3)])
    readme = (tmp_path / "r" / "README.md").read_text()
    assert "pose_start" in readme
    assert "radians" in readme
    with pytest.raises(FileExistsError, match="exists already"):
        write_record(tmp_path / "r", made)


def test_a_damaged_record_is_refused(tmp_path):
    _, _, made = small()
    write_record(tmp_path / "r", made)
    file = tmp_path / "r" / "states.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match="is not what was written"):
        read_record(tmp_path / "r")
    with pytest.raises(FileNotFoundError, match="holds no record"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r._replace(states={"h.0": r.states["h.0"].astype(float)}), "must be float16"),
        (lambda r: r._replace(untrained={"h.0": r.untrained["h.0"]}), "untrained must hold"),
        (lambda r: r._replace(states={k: np.full_like(v, np.inf) for k, v in r.states.items()}), "float16 can't"),
        (lambda r: r._replace(steps={}), "steps must hold"),
        (lambda r: r._replace(episodes={**r.episodes, "first": r.episodes["first"] + 1}), "without a gap"),
        (lambda r: r._replace(free=r.free[:, :5]), "maps free must be bool"),
        (lambda r: r._replace(at=r.at[:-1]), "last sample of every episode"),
        (lambda r: r._replace(at=np.append(r.at, 10**6)), "at must be in"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_and_not_written(tmp_path, change, message):
    _, _, made = small()
    with pytest.raises(ValueError, match=message):
        write_record(tmp_path / "r", change(made))
    assert not (tmp_path / "r").exists()


def test_what_cannot_be_recorded_is_refused(tmp_path):
    env, mind, _ = small()
    with pytest.raises(ValueError, match="100 episodes asked for"):
        record(RecurrentPolicy(mind), env, 100, twin=RecurrentPolicy(mind))
    with pytest.raises(ValueError, match="moments must be at least 1"):
        record(RecurrentPolicy(mind), env, 2, twin=RecurrentPolicy(mind), moments=0)
    with pytest.raises(ValueError, match="flat observation"):
        record(RecurrentPolicy(mind), PointNavVectorEnv(1, **SMALL, obs="dict"), 2, twin=RecurrentPolicy(mind))
    save_agent(tmp_path / "run", mind, {})
    with pytest.raises(ValueError, match="episodes must be at least 1"):
        record_run(RecordSettings(tmp_path / "run", episodes=0))


def test_the_command_records_a_run(tmp_path, capsys):
    save_agent(tmp_path / "run", agent(), {})
    settings = RecordSettings(
        tmp_path / "run", tmp_path / "r", ("houses:1000000-1000002",), episodes=4, max_steps=30, json=True
    )
    run(settings)
    told = json.loads(capsys.readouterr().out)
    assert (told["episodes"], told["n_layouts"]) == (4, 2)
    read = read_record(tmp_path / "r")
    assert told["samples"] == len(read.steps["action"])
    assert read.about["weights_sha256"] == told["weights_sha256"]
    with pytest.raises(FileExistsError, match="choose another --out"):
        run(settings)


def test_the_agent_that_ships_is_recorded_by_name_into_a_folder_of_its_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(RecordSettings(pretrained=(), layouts=("houses:1000000-1000002",), episodes=2, max_steps=5))
    read = read_record(tmp_path / "runs" / "pretrained-pointnav" / "records")
    assert read.about["agent"] == "pointnav", "no path of a machine is written down"
    assert read.states["h.0"].shape == (10, 256)
    with pytest.raises(ValueError, match="name one agent: the folder of a run"):
        run(RecordSettings())
