"""What is learnt from: what was seen, done and earned in a rollout, and what the networks say of it afterwards."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from agents.ftw.core import Latent, Memory
from agents.ftw.heads import PixelQ


class Trajectory(NamedTuple):
    """A rollout of many envs (one agent's slots), as it was played; V-trace and PPO learn from the same."""

    frames: Tensor  # [time + 1, env, height, width, 3] uint8: before every action, and after the last
    actions: Tensor  # [time, env, factor] int64
    log_p: Tensor  # [time, env] of the actions, by the policy that took them
    rewards: Tensor  # [time, env]; at a truncation gamma x the value of the last observation is added
    ended: Tensor  # [time, env] bool, whether the action was its episode's last
    noise: Tensor  # [time + 1, env, latent] of which z was made; bfloat16 holds what `FtwAgent.act` drew exactly
    before: Memory  # before the first frame, blank where an episode begins with it

    def of(self, envs: Tensor) -> "Trajectory":
        """That of the chosen `envs`, indices or a mask."""
        parts: list[Any] = [part[:, envs] for part in self[:-1]]
        return Trajectory._make([*parts, self.before.of(envs)])

    def keep(self) -> Tensor:
        """`[time + 1, env]` bool, false where a frame is an episode's first and the memory before it is blanked."""
        return torch.cat([torch.ones_like(self.ended[:1]), ~self.ended])


class Outputs(NamedTuple):
    """What the networks say of a trajectory."""

    logits: Tensor  # [time + 1, env, choice]
    values: Tensor  # [time + 1, env]
    latent: Latent | None  # [time + 1, env, ...]; None with the plain core
    pixels: PixelQ | None  # None where pixel control has no weight
    reward_logits: Tensor | None  # [n, 3]; None where reward prediction has no weight
    moments: tuple[Tensor, Tensor] | None  # times and envs of the rewards that `reward_logits` are of
