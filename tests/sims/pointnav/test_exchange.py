"""Our episodes in Habitat's files and back, and played from there."""

import numpy as np
import pytest

from sims.pointnav.build import PoolSettings
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.episodes import read_episodes, write_episodes
from sims.pointnav.exchange import episodes_of, pool_of
from sims.pointnav.pool import episode_pool

SETTINGS = PoolSettings(goals_per_layout=2, starts_per_goal=6)


@pytest.fixture(scope="module")
def pool():
    return episode_pool(["houses:0-2", "mazes:4"], SETTINGS)


def test_a_pool_survives_the_round_trip_through_a_file(pool, tmp_path):
    write_episodes(tmp_path / "episodes.json.gz", episodes_of(pool))
    episodes = read_episodes(tmp_path / "episodes.json.gz")
    again = pool_of(episodes)
    assert again.names == pool.names
    assert again.arrays.start == pytest.approx(pool.arrays.start, abs=1e-12)
    assert again.arrays.goal[again.arrays.episode_field] == pytest.approx(pool.arrays.goal[pool.arrays.episode_field])
    assert episodes[0].geodesic_distance == pytest.approx(episodes_of(again)[0].geodesic_distance, abs=2e-3)


def test_a_file_is_played_as_the_pool_is(pool, tmp_path):
    write_episodes(tmp_path / "episodes.json.gz", episodes_of(pool))
    env = PointNavVectorEnv(8, episodes=tmp_path / "episodes.json.gz")
    other = PointNavVectorEnv(8, layouts=["houses:0-2", "mazes:4"], goals_per_layout=2, starts_per_goal=6)
    numbers = np.arange(8) * 4
    obs, _ = env.reset(seed=0, options={"episodes": numbers})
    expected, _ = other.reset(seed=0, options={"episodes": numbers})
    assert obs == pytest.approx(expected, abs=1e-6)
    assert env.state.geodesic == pytest.approx(other.state.geodesic, abs=2e-3)


def test_positions_are_in_habitats_frame(pool):
    episode = episodes_of(pool)[0]
    x, y = pool.arrays.start[0, :2]
    assert episode.start_position == pytest.approx((x, 0.0, -y))
    assert episode.scene_id == "houses:0"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start_position": (500.0, 0.0, 0.0)}, "its start .* is not on the floor of 'houses:0'"),
        ({"goal_position": (-50.0, 0.0, 0.0)}, "its goal .* is not on the floor"),
        ({"scene_id": "castle:7"}, "unknown layout family"),
    ],
)
def test_episodes_that_do_not_fit_are_refused(pool, change, message):
    episode = episodes_of(pool)[0]._replace(**change)
    with pytest.raises(ValueError, match=message):
        pool_of([episode])


def test_no_episodes_and_no_way_are_refused(pool):
    with pytest.raises(ValueError, match="no episodes"):
        pool_of([])
    episode = episodes_of(pool)[0]
    with pytest.raises(ValueError, match="same point"):
        pool_of([episode._replace(start_position=episode.goal_position)])
    with pytest.raises(FileNotFoundError, match="there is no map file"):
        pool_of([episode._replace(scene_id="gibson/Adrian.glb")])
