"""What a learner process does: each of its members takes its own trajectories, makes rewards of their events, learns.

One optimizer for each member: Adam, and not the paper's RMSProp, because a child begins with its parent's weights and
without moments: Adam's first steps are then of the learning rate's size, RMSProp's of any.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from agents.ftw.agent import FtwAgent
from agents.ftw.core import Memory, TwoTimescaleCore
from agents.ftw.objective import Costs, objective
from agents.ftw.trajectory import Trajectory
from agents.population.exchange import Exchange, Weights
from agents.population.exchange import Trajectory as Put
from agents.population.members import Hyperparameters, Member, event_weights
from agents.population.plan import TrainCtfSettings, costs_of, make_agent
from agents.ppo import NotFiniteError
from sims.ctf.state import EVENTS

BETAS, EPSILON = (0.9, 0.99), 1e-5
"""Of Adam."""


@dataclass
class Student:
    """A member as its learner has it. `version` counts the weights that it has put; `steps` what it has learnt from."""

    member: Member
    agent: FtwAgent
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    version: int = 0
    steps: int = 0


def founder(settings: TrainCtfSettings, member: Member) -> Student:
    """A member with random weights of its own."""
    torch.manual_seed(int(np.random.default_rng((settings.seed, member.birth)).integers(2**63)))
    return student_of(settings, member, make_agent(settings))


def student_of(settings: TrainCtfSettings, member: Member, agent: FtwAgent) -> Student:
    """A member with the weights that `agent` has, and without moments."""
    own = member.hyperparameters
    set_timescales(agent, own)
    optimizer = torch.optim.Adam(agent.parameters(), lr=own.lr, betas=BETAS, eps=EPSILON)
    return Student(member, agent, optimizer, torch.Generator().manual_seed(settings.seed * 1009 + member.birth))


def set_timescales(agent: FtwAgent, own: Hyperparameters) -> None:
    """Give the core a member's tau and gradient scale; a plain LSTM has none."""
    if isinstance(agent.core, TwoTimescaleCore):
        agent.core.tau, agent.core.gradient_scale = own.tau, own.gradient_scale


def load_arrays(agent: FtwAgent, weights: Weights) -> None:
    """Give an agent the weights of an exchange."""
    agent.load_state_dict({name: torch.from_numpy(array) for name, array in weights.arrays.items()})


def put(exchange: Exchange, student: Student) -> bool:
    """Have all play with the student's weights; False if it lives no more."""
    student.version += 1
    arrays = {name: value.numpy() for name, value in student.agent.state_dict().items()}
    return exchange.put_weights(student.member.slot, Weights(student.member.birth, student.version, arrays))


def inherit(exchange: Exchange, settings: TrainCtfSettings, student: Student, child: Member) -> Student:
    """The child that took the student's place: its parent's weights, its own hyperparameters, no moments."""
    weights = exchange.get_weights(child.slot)
    assert weights is not None
    load_arrays(student.agent, weights)
    heir = student_of(settings, child, student.agent)
    heir.version = weights.version
    return heir


def lesson(taken: Sequence[Put], own: Hyperparameters) -> Trajectory:
    """Trajectories side by side, their events as the member's own rewards."""

    def joined(parts: Sequence[NDArray[Any]], axis: int = 1) -> Tensor:
        return torch.from_numpy(parts[0] if len(parts) == 1 else np.concatenate(parts, axis))

    memory = {name: joined([put.memory[name] for put in taken], 0) for name in Memory._fields}
    rewards = joined([put.events for put in taken]).float() @ torch.from_numpy(event_weights(own)).float()
    return Trajectory(
        frames=joined([put.obs["rgb"] for put in taken]),
        actions=joined([put.actions for put in taken]).long(),
        log_p=joined([put.log_p for put in taken]),
        rewards=rewards,
        ended=joined([put.ended for put in taken]),
        noise=joined([put.obs["noise"] for put in taken]).view(torch.bfloat16),
        before=Memory(**memory),
    )


def learn(student: Student, trajectory: Trajectory, settings: TrainCtfSettings) -> dict[str, float]:
    """Update a member on a trajectory, `seats` at a time; means of the loss's parts.

    Raises:
        NotFiniteError: the loss or a gradient is not finite; the weights are those before it.
    """
    costs = costs_of(settings, student.member.hyperparameters)
    sums: dict[str, Tensor] = {}
    chunks = max(1, round(len(trajectory.ended[0]) / settings.seats))
    for _ in range(settings.epochs):
        for seats in torch.randperm(len(trajectory.ended[0]), generator=student.generator).tensor_split(chunks):
            part = trajectory if chunks == 1 else trajectory.of(seats)
            for name, value in update(student, part, costs, settings).items():
                sums[name] = sums.get(name, 0.0) + value / (chunks * settings.epochs)
    student.steps += trajectory.ended.numel()
    return {name: value.item() for name, value in sums.items()}


def update(student: Student, trajectory: Trajectory, costs: Costs, settings: TrainCtfSettings) -> dict[str, Tensor]:
    """One step of the optimizer."""
    n_rewards = settings.rewards_predicted if costs.reward_prediction > 0.0 else 0
    agent = student.agent
    outputs = agent.study(trajectory, student.generator, pixels=costs.pixel_control > 0.0, n_rewards=n_rewards)
    loss, parts = objective(outputs, trajectory, costs)
    student.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.get_total_norm([p.grad for p in agent.parameters() if p.grad is not None])
    if not torch.isfinite(norm):  # before they are scaled: a NaN would be in all of them
        raise NotFiniteError(_culprit(student.member, agent, loss))
    nn.utils.clip_grads_with_norm_(agent.parameters(), settings.max_grad_norm, norm)
    student.optimizer.step()
    return {"loss": loss.detach(), "grad_norm": norm, **{name: part.detach() for name, part in parts._asdict().items()}}


def _culprit(member: Member, agent: FtwAgent, loss: Tensor) -> str:
    bad = [
        name for name, p in agent.named_parameters() if p.grad is not None and not bool(torch.isfinite(p.grad).all())
    ]
    what = f"the gradient of {bad[0]}" if bool(torch.isfinite(loss)) and bad else "the loss"
    return (
        f"{what} of member {member.birth} in slot {member.slot} is not finite: the run stops here and its last "
        "checkpoint is sound; lower its learning rate, or look for the cause"
    )


def rates(taken: Sequence[Put]) -> dict[str, float]:
    """How often each event happened, a thousand steps."""
    counts = sum(put.events.sum((0, 1), dtype=np.int64) for put in taken)
    steps = sum(put.ended.size for put in taken)
    return {f"event/{name}": 1000.0 * float(n) / steps for name, n in zip(EVENTS, np.atleast_1d(counts), strict=True)}


class Clock:
    """Tells whether it is time again."""

    def __init__(self, every: float) -> None:
        self.every, self._last = every, -float("inf")

    def due(self) -> bool:
        """Whether `every` seconds have passed since it last said so."""
        now = time.monotonic()
        if now - self._last < self.every:
            return False
        self._last = now
        return True
