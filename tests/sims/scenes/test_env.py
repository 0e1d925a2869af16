import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import sims  # noqa: F401 - registers the id
from tests.sims.scenes.flat import Flat


def make(**settings):
    return gymnasium.make("umwelt/Scene-v0", renderer=Flat(), width=32, height=32, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"control": "set", "controlled": ("character_name", "world_name")},
        {"controlled": ("character_name", "camera_yaw"), "annotations": ("depth", "instance", "normals", "semantic")},
        {"task": "match", "control": "set", "controlled": ("camera_yaw",)},
    ],
)
def test_gymnasium_accepts_it(settings):
    env = make(**settings)
    env.action_space.seed(0)
    with np.errstate(all="raise"):
        check_env(env.unwrapped, skip_render_check=True)


def test_nudges_and_sets():
    env = make(controlled=("camera_yaw", "camera_distance", "scene_light"))
    env.reset(seed=1, options={"factors": {"camera_yaw": 175.0, "camera_distance": 9.9, "scene_light": "Default"}})
    *_, info = env.step({"discrete": np.array([0]), "continuous": np.float32([1, 1])})
    assert info["factors"]["camera_yaw"] == pytest.approx(-167.0)  # 18 degrees on, around
    assert info["factors"]["camera_distance"] == 10.0
    assert info["factors"]["scene_light"] == "Dim"  # back from the first: the last
    env = make(controlled=("camera_yaw", "camera_pitch"), control="set")
    env.reset(seed=1)
    *_, info = env.step(np.float32([0.5, -1.0]))
    assert info["factors"]["camera_yaw"] == pytest.approx(90.0)
    assert info["factors"]["camera_pitch"] == 0.0


def test_matching_pays_what_it_comes_nearer_and_ends_there():
    env = make(task="match", controlled=("camera_yaw",), control="set")
    obs, info = env.reset(options={"factors": {"camera_yaw": -90.0}, "target": {"camera_yaw": 90.0}}, seed=3)
    assert info["distance"] == 1.0
    assert not np.array_equal(obs["image"], obs["target"]) or info["target"]["character_name"] == "CoffeeMug"
    obs, reward, terminated, truncated, info = env.step(np.float32([0.0]))
    assert (reward, terminated) == (pytest.approx(0.5), False)
    obs, reward, terminated, truncated, info = env.step(np.float32([0.5]))
    assert (reward, terminated, truncated) == (pytest.approx(0.5), True, False)
    np.testing.assert_array_equal(obs["image"], obs["target"])


def test_the_same_seed_begins_alike_and_an_episode_is_cut_off():
    env = make(max_steps=2)
    first, info = env.reset(seed=7)
    again, same = env.reset(seed=7)
    np.testing.assert_array_equal(first, again)
    assert info["factors"] == same["factors"]
    assert env.step(np.zeros(3, np.float32))[3] is False
    assert env.step(np.zeros(3, np.float32))[2:4] == (False, True)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="no task 'win': expected free, match"):
        make(task="win")
    with pytest.raises(ValueError, match="no factor 'yaw'"):
        make(controlled=("yaw",))
    with pytest.raises(ValueError, match="one factor to control"):
        make(controlled=())
    with pytest.raises(ValueError, match="no annotation 'smell'"):
        make(annotations=("smell",))
    env = make()
    with pytest.raises(RuntimeError, match="reset"):
        env.unwrapped.step(np.zeros(3, np.float32))
    env.reset(seed=0)
    with pytest.raises(ValueError, match="not of the space"):
        env.unwrapped.step(np.full(3, np.nan, np.float32))
