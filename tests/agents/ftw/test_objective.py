"""The loss and its parts, by hand and by what they move."""

import math

import pytest
import torch

from agents.auxiliary import pixel_change
from agents.ftw.core import Latent, Memory
from agents.ftw.heads import PixelQ, log_probabilities
from agents.ftw.objective import Costs, objective
from agents.ftw.trajectory import Outputs, Trajectory
from agents.gaussians import Gaussian
from agents.losses import advantages_and_returns
from tests.agents.ftw.rollouts import play, small_agent

FACTORS = (2, 2)
ONLY_POLICY = {"kl_prior": 0.0, "kl_posterior": 0.0, "pixel_control": 0.0, "reward_prediction": 0.0}


def trajectory_of(log_p, ended=(False, False)):
    """Two steps of one env, rewards 1 and 2; the frames go from black to a third to all of white."""
    frames = torch.zeros(3, 1, 20, 20, 3, dtype=torch.uint8)
    frames[1], frames[2] = 85, 255
    actions = torch.tensor([[[0, 1]], [[1, 1]]])
    rewards = torch.tensor([[1.0], [2.0]])
    empty = torch.zeros(1, 0)
    before = Memory._make([empty] * 7)
    return Trajectory(frames, actions, log_p, rewards, torch.tensor(ended)[:, None], torch.zeros(3, 1, 1), before)


def outputs_of(logits=None, values=(0.5, 0.4, 0.3), **others):
    logits = torch.zeros(3, 1, 4) if logits is None else logits
    values = torch.tensor(values)[:, None]
    blank = {"latent": None, "pixels": None, "reward_logits": None, "moments": None}
    return Outputs(logits, values, **{**blank, **others})


UNIFORM = torch.full((2, 1), math.log(0.25))


def test_vtrace_by_hand():
    """On policy, so that all ratios are 1.

    delta_1 = 2 + 0.9 x 0.3 - 0.4 = 1.87, delta_0 = 0.86; vs_1 = 2.27, vs_0 = 0.5 + 0.86 + 0.9 x 1.87 = 3.043;
    A_0 = 1 + 0.9 x 2.27 - 0.5 = 2.543, A_1 = 1.87; every action has probability 1/4.
    """
    costs = Costs("vtrace", gamma=0.9, value=0.5, entropy=0.01, **ONLY_POLICY)
    loss, parts = objective(outputs_of(), trajectory_of(UNIFORM), costs, FACTORS)
    policy = math.log(4.0) * (2.543 + 1.87) / 2
    value = 0.5 * (2.543**2 + 1.87**2) / 2
    assert parts.policy.item() == pytest.approx(policy, rel=1e-5)
    assert parts.value.item() == pytest.approx(value, rel=1e-5)
    assert parts.entropy.item() == pytest.approx(math.log(4.0))
    assert loss.item() == pytest.approx(policy + 0.5 * value - 0.01 * math.log(4.0), rel=1e-5)
    assert parts.approx_kl.item() == pytest.approx(0.0, abs=1e-6)


def test_ppo_by_hand():
    """GAE with lambda 0.5: 1.7015 and 1.87, that is -1 and 1 when normalised; the ratios are 0.5 and 2."""
    acted = UNIFORM - torch.log(torch.tensor([[0.5], [2.0]]))
    costs = Costs("ppo", gamma=0.9, gae_lambda=0.5, value=0.5, entropy=0.0, clip=0.2, **ONLY_POLICY)
    loss, parts = objective(outputs_of(), trajectory_of(acted), costs, FACTORS)
    std = (1.87 - 1.7015) / 2
    unit = std / (std + 1e-5)
    policy = -(-unit * 0.8 + unit * 1.2) / 2
    value = 0.5 * (1.7015**2 + 1.87**2) / 2
    assert parts.policy.item() == pytest.approx(policy, rel=1e-3)
    assert parts.value.item() == pytest.approx(value, rel=1e-5)
    assert loss.item() == pytest.approx(policy + 0.5 * value, rel=1e-3)
    assert parts.approx_kl.item() == pytest.approx((0.5 - 1 - math.log(0.5) + 2 - 1 - math.log(2.0)) / 2, rel=1e-5)


def test_the_policy_gradient_of_vtrace_by_hand():
    """d/d logits of -log p(a) A is (p - 1_a) A for each factor, averaged over two steps."""
    logits = torch.zeros(3, 1, 4, requires_grad=True)
    costs = Costs("vtrace", gamma=0.9, value=0.0, entropy=0.0, **ONLY_POLICY)
    objective(outputs_of(logits), trajectory_of(UNIFORM), costs, FACTORS)[0].backward()
    first, second = 2.543 / 4, 1.87 / 4
    expected = [[-first, first, first, -first], [second, -second, second, -second], [0.0] * 4]
    torch.testing.assert_close(logits.grad[:, 0], torch.tensor(expected), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("algorithm", ["vtrace", "ppo"])
def test_only_the_value_loss_moves_the_values(algorithm):
    values = torch.tensor([[0.5], [0.4], [0.3]], requires_grad=True)
    costs = Costs(algorithm, value=0.0, **ONLY_POLICY)
    loss, parts = objective(outputs_of()._replace(values=values), trajectory_of(UNIFORM), costs, FACTORS)
    loss.backward(retain_graph=True)
    assert not values.grad.any()
    parts.value.backward()
    assert values.grad[:2].all()
    assert not values.grad[2].any()  # the last value is a target's part, and no target moves


def test_the_latents_costs_by_hand():
    """Prior N(0.1, 0.1^2) in 4 dimensions: 2 nats, at 2 of 3 steps; posterior N(0.2, 0.1^2): 2 nats at each."""
    p, q = (Gaussian(torch.full((3, 1, 4), mean), torch.full((3, 1, 4), 0.1)) for mean in (0.1, 0.2))
    latent = Latent(q, p, torch.tensor([[True], [False], [True]]))
    costs = Costs("vtrace", **{**ONLY_POLICY, "kl_prior": 0.1, "kl_posterior": 0.01})
    without = Costs("vtrace", **ONLY_POLICY)
    loss, parts = objective(outputs_of(latent=latent), trajectory_of(UNIFORM), costs, FACTORS)
    assert parts.kl_prior.item() == pytest.approx(4.0 / 3.0, rel=1e-5)
    assert parts.kl_posterior.item() == pytest.approx(2.0, rel=1e-5)
    rest, _ = objective(outputs_of(latent=latent), trajectory_of(UNIFORM), without, FACTORS)
    assert (loss - rest).item() == pytest.approx(0.1 * 4.0 / 3.0 + 0.01 * 2.0, rel=1e-4)


def test_pixel_control_by_hand():
    """Changes of 1/3 and 2/3 in all cells, best Q 1 at last: R_1 = 2/3 + 0.9, R_0 = 1/3 + 0.9 R_1; Q is 0."""
    pixels = PixelQ(torch.zeros(2, 1, 20, 20), torch.ones(1, 20, 20))
    costs = Costs("vtrace", **{**ONLY_POLICY, "pixel_control": 0.05})
    trajectory = trajectory_of(UNIFORM)
    assert pixel_change(trajectory.frames)[:, 0, 0, 0].tolist() == pytest.approx([1 / 3, 2 / 3])
    _, parts = objective(outputs_of(pixels=pixels), trajectory, costs, FACTORS)
    last = 2 / 3 + 0.9
    first = 1 / 3 + 0.9 * last
    assert parts.pixel_control.item() == pytest.approx(200.0 * (first**2 + last**2) / 2, rel=1e-5)


def test_reward_prediction_by_hand():
    """Both rewards are positive, and so classed with e^2 against two of 1."""
    logits = torch.tensor([[0.0, 0.0, 2.0]]).expand(2, -1)
    moments = torch.tensor([0, 1]), torch.tensor([0, 0])
    costs = Costs("vtrace", **{**ONLY_POLICY, "reward_prediction": 0.5})
    _, parts = objective(outputs_of(reward_logits=logits, moments=moments), trajectory_of(UNIFORM), costs, FACTORS)
    assert parts.reward_prediction.item() == pytest.approx(math.log(2.0 + math.exp(2.0)) - 2.0, rel=1e-5)


@pytest.mark.parametrize("core", ["two-timescale", "lstm"])
@pytest.mark.parametrize("algorithm", ["vtrace", "ppo"])
def test_the_same_trajectory_serves_both_and_every_weight_learns(core, algorithm):
    agent = small_agent(core)
    trajectory, _ = play(agent)
    outputs = agent.study(trajectory, torch.Generator().manual_seed(0), n_rewards=8)
    loss, parts = objective(outputs, trajectory, Costs(algorithm))
    loss.backward()
    assert all(part.isfinite() for part in parts)
    for name, parameter in agent.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0.0, name


def test_ppos_first_pass_takes_the_advantages_of_the_policy_that_acted():
    agent = small_agent()
    trajectory, ticks = play(agent)
    outputs = agent.study(trajectory, torch.Generator(), pixels=False)
    costs = Costs("ppo", **{**ONLY_POLICY, "value": 1.0})
    _, parts = objective(outputs, trajectory, costs)
    values = torch.stack([tick.values for tick in ticks])
    advantage, _ = advantages_and_returns(
        trajectory.rewards, values[:-1], values[-1], trajectory.ended, costs.gamma, costs.gae_lambda
    )
    assert parts.value.item() == pytest.approx(0.5 * advantage.square().mean().item(), rel=1e-4)
    assert parts.approx_kl.item() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("algorithm", ["vtrace", "ppo"])
def test_steps_down_the_gradient_make_a_rewarded_action_likelier(algorithm):
    agent = small_agent()
    trajectory, _ = play(agent)
    rewards = (trajectory.actions[..., 0] == 2).float() - 0.2
    trajectory = trajectory._replace(rewards=rewards, ended=torch.ones_like(trajectory.ended))
    optimizer = torch.optim.Adam(agent.parameters(), lr=3e-3)
    found = []
    for _ in range(15):
        outputs = agent.study(trajectory, torch.Generator(), pixels=False)
        log_p = log_probabilities(outputs.logits, agent.factors)
        found.append(log_p[..., 2].mean().item())
        loss, _ = objective(outputs, trajectory, Costs(algorithm, **ONLY_POLICY))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert found[-1] > found[0] + 0.05


def test_one_step_of_one_env_gives_a_finite_loss():
    agent = small_agent()
    trajectory, _ = play(agent)
    one = trajectory.of(torch.tensor([0]))
    one = one._replace(
        frames=one.frames[:2],
        actions=one.actions[:1],
        log_p=one.log_p[:1],
        rewards=one.rewards[:1],
        ended=one.ended[:1],
        noise=one.noise[:2],
    )
    for algorithm in ("vtrace", "ppo"):
        loss, _ = objective(agent.study(one, torch.Generator(), n_rewards=4), one, Costs(algorithm))
        assert loss.isfinite()


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        (Costs("a2c"), "algorithm must be one of vtrace, ppo, got 'a2c'"),
        (Costs(), "pixel control has a weight but no output: study the trajectory with pixels=True"),
        (Costs(pixel_control=0.0), "reward prediction has a weight but no output: .* with n_rewards above 0"),
    ],
)
def test_what_cannot_be_is_refused(costs, said):
    with pytest.raises(ValueError, match=said):
        objective(outputs_of(), trajectory_of(UNIFORM), costs, FACTORS)
