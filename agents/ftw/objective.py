"""The loss of the FTW agent and its parts, by V-trace or PPO: a pure function of outputs and a trajectory."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from agents.auxiliary import pixel_change, pixel_control_loss, pixel_returns, reward_prediction_loss
from agents.ftw.heads import joint_entropy, joint_log_p, log_probabilities
from agents.ftw.trajectory import Outputs, Trajectory
from agents.gaussians import kl, kl_to_centred
from agents.losses import advantages_and_returns, clip_loss
from agents.vtrace import vtrace
from sims.ctf.actions import FACTORS

Algorithm = Literal["vtrace", "ppo"]


@dataclass(frozen=True)
class Costs:
    """Weights and limits of the loss; the population evolves some of them (Jaderberg et al. 2019, supplement)."""

    algorithm: Algorithm = "vtrace"
    """How actions and values are learnt: V-trace, the paper's, or PPO."""
    gamma: float = 0.99
    """Discount a step."""
    value: float = 0.5
    """Weight of the value loss."""
    entropy: float = 2e-3
    """Weight of the entropy bonus; 5e-4 to 1e-2 in the paper."""
    kl_prior: float = 1e-3
    """Weight of KL(prior || N(0, 0.1^2)); 1e-4 to 0.1 in the paper."""
    kl_posterior: float = 3e-3
    """Weight of KL(posterior || prior); 1e-3 to 1 in the paper. A high one delays what must first be remembered."""
    pixel_control: float = 0.03
    """Weight of pixel control; 0.01 to 0.1 in the paper."""
    reward_prediction: float = 0.3
    """Weight of reward prediction; 0.1 to 1 in the paper."""
    gae_lambda: float = 0.95
    """PPO: lambda of generalised advantage estimation."""
    clip: float = 0.2
    """PPO: how far the probability ratio counts."""


class Parts(NamedTuple):
    """The parts of the loss, unweighted, and what tells whether the update was sound; each a mean over the steps."""

    policy: Tensor
    value: Tensor
    entropy: Tensor
    kl_prior: Tensor
    kl_posterior: Tensor
    pixel_control: Tensor
    reward_prediction: Tensor
    approx_kl: Tensor
    """KL(the policy that acted || the present one), estimated from the actions taken (Schulman's k3), no gradient."""


def objective(
    outputs: Outputs, trajectory: Trajectory, costs: Costs, factors: tuple[int, ...] = FACTORS
) -> tuple[Tensor, Parts]:
    """The loss, to be minimised, and its parts.

    Values and advantages are those of the present networks, without gradients, in both algorithms; where PPO passes
    over a trajectory several times, its advantages are estimated anew each time (Andrychowicz et al. 2021, 3.5).

    Args:
        outputs: what the networks say of `trajectory`. costs: its weights. factors: choices of each factor.

    Raises:
        ValueError: an unknown algorithm, or a part that has a weight but no output.
    """
    log_p_t = log_probabilities(outputs.logits[:-1], factors)
    taken_t = joint_log_p(log_p_t, trajectory.actions, factors)
    policy, value = _actor_critic(taken_t, outputs.values, trajectory, costs)
    entropy = joint_entropy(log_p_t).mean()
    kl_prior, kl_posterior = _latent_costs(outputs, policy)
    pixel_control = _pixel_control(outputs, trajectory, costs.pixel_control)
    reward_prediction = _reward_prediction(outputs, trajectory, costs.reward_prediction)
    loss = (
        policy
        + costs.value * value
        - costs.entropy * entropy
        + costs.kl_prior * kl_prior
        + costs.kl_posterior * kl_posterior
        + costs.pixel_control * pixel_control
        + costs.reward_prediction * reward_prediction
    )
    with torch.no_grad():
        log_ratio_t = taken_t - trajectory.log_p
        approx_kl = (log_ratio_t.exp() - 1.0 - log_ratio_t).mean()
    return loss, Parts(policy, value, entropy, kl_prior, kl_posterior, pixel_control, reward_prediction, approx_kl)


def _actor_critic(log_p_t: Tensor, values: Tensor, trajectory: Trajectory, costs: Costs) -> tuple[Tensor, Tensor]:
    """The losses of the policy, given log probabilities of the actions taken, and of the value."""
    log_ratio_t = log_p_t - trajectory.log_p
    rewards, ended = trajectory.rewards, trajectory.ended
    v_t, v_last = values[:-1].detach(), values[-1].detach()
    if costs.algorithm == "vtrace":
        target_t, advantage_t = vtrace(log_ratio_t.detach(), rewards, v_t, v_last, ended, costs.gamma)
        policy = -(log_p_t * advantage_t).mean()
    elif costs.algorithm == "ppo":
        advantage_t, target_t = advantages_and_returns(rewards, v_t, v_last, ended, costs.gamma, costs.gae_lambda)
        advantage_t = (advantage_t - advantage_t.mean()) / (advantage_t.std(correction=0) + 1e-5)
        policy = clip_loss(log_ratio_t.exp(), advantage_t, costs.clip).mean()
    else:
        raise ValueError(f"algorithm must be one of {', '.join(get_args(Algorithm))}, got {costs.algorithm!r}")
    return policy, 0.5 * (values[:-1] - target_t).square().mean()


def _latent_costs(outputs: Outputs, like: Tensor) -> tuple[Tensor, Tensor]:
    """KL(prior || N(0, 0.1^2)), of a step in which the slow LSTM ticks, and KL(posterior || prior)."""
    if outputs.latent is None:
        return like.new_zeros(()), like.new_zeros(())
    q, p, ticks_t = outputs.latent
    return (kl_to_centred(p) * ticks_t).mean(), kl(q, p).mean()


def _pixel_control(outputs: Outputs, trajectory: Trajectory, cost: float) -> Tensor:
    if cost == 0.0:
        return outputs.values.new_zeros(())
    if outputs.pixels is None:
        raise ValueError("pixel control has a weight but no output: study the trajectory with pixels=True")
    taken, best_last = outputs.pixels
    return_t = pixel_returns(pixel_change(trajectory.frames), best_last, taken, trajectory.ended)
    return pixel_control_loss(taken, return_t).mean()


def _reward_prediction(outputs: Outputs, trajectory: Trajectory, cost: float) -> Tensor:
    if cost == 0.0:
        return outputs.values.new_zeros(())
    if outputs.reward_logits is None or outputs.moments is None:
        raise ValueError("reward prediction has a weight but no output: study the trajectory with n_rewards above 0")
    return reward_prediction_loss(outputs.reward_logits, trajectory.rewards[outputs.moments])
