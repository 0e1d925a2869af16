"""Episodes of our pools as Habitat's, and Habitat's episodes on our layouts as a pool."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sims.pointnav.build import DEFAULT_SETTINGS, PoolSettings, allocate, place_goal
from sims.pointnav.episodes import Episode
from sims.pointnav.floors.catalogue import layout_names, load_layout
from sims.pointnav.floors.layout import GRID
from sims.pointnav.frames import from_habitat, to_habitat
from sims.pointnav.ground import Ground, ground_of
from sims.pointnav.pool import EpisodePool, sealed
from sims.pointnav.raster import clearance_at, distance_at
from sims.pointnav.state import AGENT_RADIUS, FIELD_STEPS, SUCCESS_DISTANCE


def episodes_of(pool: EpisodePool) -> list[Episode]:
    """All episodes of a pool in Habitat's frame; a layout's name stands as the scene's."""
    arrays = pool.arrays
    fields = arrays.episode_field
    positions, rotations = to_habitat(arrays.start[:, :2], np.arctan2(arrays.start[:, 3], arrays.start[:, 2]))
    goals, _ = to_habitat(arrays.goal[fields], np.zeros(len(fields)))
    distances = geodesics(pool)
    return [
        Episode(
            episode_id=str(k),
            scene_id=pool.names[arrays.field_layout[fields[k]]],
            start_position=tuple(positions[k].tolist()),
            start_rotation=tuple(rotations[k].tolist()),
            goal_position=tuple(goals[k].tolist()),
            goal_radius=SUCCESS_DISTANCE,
            geodesic_distance=float(distances[k]),
        )
        for k in range(len(fields))
    ]


def geodesics(pool: EpisodePool) -> NDArray[np.float64]:
    """Geodesic metres from start to goal of every episode of a pool, `[E]`."""
    arrays = pool.arrays
    distances = np.empty(len(arrays.start))
    for k, f in enumerate(arrays.episode_field):
        layout = arrays.field_layout[f]
        right, up = arrays.start[k, :2] - arrays.layout_origin[layout]
        distances[k] = distance_at(
            arrays.field,
            arrays.field_base[f],
            arrays.field_scale[f],
            arrays.clearance,
            arrays.layout_base[layout],
            arrays.layout_shape[layout, 1],
            right,
            up,
        )
    return distances


def pool_of(episodes: Sequence[Episode], settings: PoolSettings = DEFAULT_SETTINGS) -> EpisodePool:
    """The pool of exactly these episodes, in their order; each scene must be one of our layouts.

    Args:
        episodes: such as `sims.pointnav.episodes.read_episodes` returns. Their stored geodesic distances are not
            trusted but measured anew.
        settings: of which only the memory budget counts.

    Raises:
        ValueError: no episodes, a scene that is no layout of ours, or a start or goal where the disc doesn't fit or
            from which there is no way; the message names the episode.
        FileNotFoundError: a scene that is a map file which isn't there.
    """
    began = time.perf_counter()
    if not episodes:
        raise ValueError("there are no episodes to make a pool of")
    names = tuple(layout_names(list(dict.fromkeys(episode.scene_id for episode in episodes))))
    grounds = [ground_of(load_layout(name)) for name in names]
    layouts = np.array([names.index(episode.scene_id) for episode in episodes], np.int32)
    starts, headings, _ = from_habitat(
        np.array([episode.start_position for episode in episodes]),
        np.array([episode.start_rotation for episode in episodes]),
    )
    goals, _, _ = from_habitat(
        np.array([episode.goal_position for episode in episodes]), np.tile([0.0, 0.0, 0.0, 1.0], (len(episodes), 1))
    )
    distinct, episode_field = np.unique(np.column_stack([layouts, goals]), axis=0, return_inverse=True)
    arrays = allocate(
        grounds, distinct[:, 0].astype(np.int32), episode_field.reshape(-1).astype(np.int32), settings.memory_budget
    )
    arrays.start[:] = np.column_stack([starts, np.cos(headings), np.sin(headings)])
    for k, episode in enumerate(episodes):
        _check_stand(episode, "start", grounds[layouts[k]], starts[k])
        _check_stand(episode, "goal", grounds[layouts[k]], goals[k])
        if np.allclose(starts[k], goals[k], rtol=0.0, atol=1e-3):
            raise ValueError(f"episode {episode.episode_id!r}: start and goal are the same point; leave it out")
    for f, (layout, *goal) in enumerate(distinct):
        ground = grounds[int(layout)]
        place_goal(arrays, f, ground, np.array(goal) - ground.origin)
    return EpisodePool(sealed(arrays), names, settings, time.perf_counter() - began, cached=False)


def _check_stand(episode: Episode, what: str, ground: Ground, point: NDArray[np.float64]) -> None:
    right, up = point - ground.origin
    n_y, n_x = ground.clearance.shape
    fits = 0 <= right < (n_x - 1) * GRID and 0 <= up < (n_y - 1) * GRID
    if fits:
        clearance, _, _ = clearance_at(ground.clearance.reshape(-1), 0, n_x, 0.0, 0.0, right, up)
        fits = clearance >= AGENT_RADIUS - 2.0 / FIELD_STEPS
    if not fits:
        raise ValueError(
            f"episode {episode.episode_id!r}: its {what} ({point[0]:.3f}, {point[1]:.3f}) is not on the floor of "
            f"{episode.scene_id!r}: was it made on this layout, with a disc of {AGENT_RADIUS} m?"
        )
