"""Small agents, and rollouts that they played themselves."""

import torch

from agents.ftw.agent import FtwAgent
from agents.ftw.trajectory import Trajectory

TIME, ENVS, SIDE = 8, 5, 24


def small_agent(core="two-timescale", precision="float32", **settings):
    torch.manual_seed(0)
    wanted = {"height": SIDE, "width": SIDE, "hidden": 12, "latent": 10, "tau": 3, "pixel_channels": 4, **settings}
    return FtwAgent("small", core, precision=precision, **wanted)


def play(agent, seed=0, greedy=False):
    """A trajectory of random frames and episodes, and what the agent said at each tick."""
    generator = torch.Generator().manual_seed(seed)
    frames = torch.randint(0, 256, (TIME + 1, ENVS, SIDE, SIDE, 3), dtype=torch.uint8, generator=generator)
    ended = torch.rand(TIME, ENVS, generator=generator) < 0.1
    rewards = torch.randint(-1, 2, (TIME, ENVS), generator=generator).float()
    before = memory = agent.act(frames[0], agent.blank_memory(ENVS), generator).memory  # in the middle of an episode
    ticks = []
    for t in range(TIME + 1):
        ticks.append(agent.act(frames[t], memory, generator, greedy=greedy))
        memory = ticks[-1].memory if t == TIME else ticks[-1].memory.where(~ended[t])
    actions, log_p, _, noise, _ = (list(part) for part in zip(*ticks, strict=True))
    trajectory = Trajectory(
        frames, torch.stack(actions[:-1]), torch.stack(log_p[:-1]), rewards, ended, torch.stack(noise), before
    )
    return trajectory, ticks
