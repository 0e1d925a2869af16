"""Hand-made floors as map files, and envs on them."""

import numpy as np

from sims.pointnav.env import PointNavVectorEnv


def room_file(folder, walls, width=10.0, height=8.0, name="room"):
    """A closed room with its corner at the origin and the walls `x0, y0, x1, y1` in it, as a vector map file."""
    outline = [(0, 0, width, 0), (width, 0, width, height), (width, height, 0, height), (0, height, 0, 0)]
    path = folder / f"{name}.vectormap.txt"
    path.write_text("".join(f"{a}, {b}, {c}, {d}\n" for a, b, c, d in [*outline, *walls]))
    return path


def env_at(path, poses, goal=None, **settings):
    """An env on a map file whose env i stands at the pose (x, y, heading in degrees) i."""
    settings = {"goals_per_layout": 1, "starts_per_goal": 2, **settings}
    env = PointNavVectorEnv(len(poses), layouts=path, **settings)
    env.reset(seed=0)
    state = env.state
    for e, (x, y, degrees) in enumerate(poses):
        state.x[e], state.y[e] = state.start_x[e], state.start_y[e] = x, y
        state.start_cos[e], state.start_sin[e] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return env
