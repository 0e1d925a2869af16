"""Actions made of factors, pixel control's Q, reward prediction."""

import math
from itertools import product

import pytest
import torch
from torch.distributions import Categorical
from torch.nn.functional import conv_transpose2d, relu

from agents.ftw.heads import (
    PixelControl,
    PolicyValue,
    RewardPrediction,
    best_actions,
    choices_of,
    joint_entropy,
    joint_log_p,
    log_probabilities,
)
from agents.rollout import gumbel
from sims.ctf.actions import FACTORS

SMALL = (2, 3)


def test_the_joint_log_probability_by_hand():
    """P(second of two) = 3/4, P(first of three) = 1/2."""
    logits = torch.tensor([[0.0, math.log(3.0), math.log(2.0), 0.0, 0.0]])
    log_p = log_probabilities(logits, SMALL)
    assert log_p.exp()[0].tolist() == pytest.approx([0.25, 0.75, 0.5, 0.25, 0.25])
    assert joint_log_p(log_p, torch.tensor([[1, 0]]), SMALL).item() == pytest.approx(math.log(0.75 * 0.5))


def test_the_joint_entropy_by_hand():
    uniform = log_probabilities(torch.zeros(3, 18), FACTORS)
    assert joint_entropy(uniform).tolist() == pytest.approx([math.log(540.0)] * 3)
    certain = log_probabilities(torch.tensor([90.0, 0.0, 90.0, 0.0, 0.0]), SMALL)
    assert joint_entropy(certain).item() == pytest.approx(0.0, abs=1e-6)


def test_they_are_those_of_the_distribution_over_all_actions():
    torch.manual_seed(0)
    logits = torch.randn(4, 7, 18)
    log_p = log_probabilities(logits, FACTORS)
    parts = [Categorical(logits=part) for part in logits.split(list(FACTORS), -1)]
    actions = torch.stack([part.sample() for part in parts], -1)
    expected = sum(part.log_prob(actions[..., k]) for k, part in enumerate(parts))
    torch.testing.assert_close(joint_log_p(log_p, actions, FACTORS), expected)
    torch.testing.assert_close(joint_entropy(log_p), sum(part.entropy() for part in parts))
    every = torch.tensor(list(product(*map(range, FACTORS))))
    total = joint_log_p(log_p[:1, :1].expand(len(every), 1, -1)[:, 0], every, FACTORS).exp().sum()
    assert total.item() == pytest.approx(1.0, abs=1e-5)


def test_gumbel_noise_draws_each_factor_from_its_softmax():
    logits = torch.tensor([0.0, 1.0, 2.0, 0.0, -1.0]).expand(40_000, 5)
    noise = gumbel(tuple(logits.shape), torch.Generator().manual_seed(0))
    drawn = choices_of(best_actions(logits + noise, SMALL), SMALL).mean(0)
    torch.testing.assert_close(drawn, log_probabilities(logits[0], SMALL).exp(), rtol=0.0, atol=0.01)


def test_choices_are_ones():
    assert choices_of(torch.tensor([[1, 2]]), SMALL).tolist() == [[0.0, 1.0, 0.0, 0.0, 1.0]]
    assert choices_of(torch.zeros(0, 3, 2, dtype=torch.int64), SMALL).shape == (0, 3, 5)


def test_policies_begin_almost_uniform():
    logits, values = PolicyValue(16, 18)(torch.randn(5, 4, 16))
    assert logits.shape == (5, 4, 18)
    assert values.shape == (5, 4)
    assert logits.abs().max() < 0.2


@pytest.fixture
def pixel_control():
    torch.manual_seed(0)
    head = PixelControl(6, SMALL, channels=3)
    torch.nn.init.normal_(head.kernels)
    torch.nn.init.normal_(head.features.bias)
    return head


def all_maps(head, z):
    """Value and advantages as a deconvolution of the features gives them, `[n, 1 + choice, 20, 20]`."""
    grid = relu(head.features(z)).view(-1, 9, 9, 3).permute(0, 3, 1, 2)
    kernels = head.kernels[:, :-1].view(-1, 3, 4, 4).transpose(0, 1)
    return conv_transpose2d(grid, kernels, head.kernels[:, -1], stride=2)


def test_q_is_the_value_and_the_centred_advantages_of_the_choices(pixel_control):
    z, actions = torch.randn(4, 6), torch.tensor([[0, 0], [1, 2], [1, 1], [0, 2]])
    maps = all_maps(pixel_control, z)
    value, first, second = maps[:, 0], maps[:, 1:3], maps[:, 3:6]
    rows = torch.arange(4)
    expected = value + first[rows, actions[:, 0]] - first.mean(1) + second[rows, actions[:, 1]] - second.mean(1)
    torch.testing.assert_close(pixel_control.q_of(z, actions), expected, rtol=1e-4, atol=1e-4)


def test_the_best_q_is_the_highest_of_any_action_in_each_cell(pixel_control):
    z = torch.randn(2, 6)
    every = torch.tensor(list(product(*map(range, SMALL))))
    each = torch.stack([pixel_control.q_of(z, action.expand(2, -1)) for action in every])
    torch.testing.assert_close(pixel_control.best_q(z), each.amax(0), rtol=1e-4, atol=1e-4)
    mean = all_maps(pixel_control, z)[:, 0]  # the value is the mean over all actions
    torch.testing.assert_close(each.mean(0), mean, rtol=1e-4, atol=1e-4)


def test_pixel_control_over_a_rollout(pixel_control):
    z_t, actions_t = torch.randn(5, 3, 6), torch.randint(0, 2, (4, 3, 2))
    taken, best_last = pixel_control(z_t, actions_t)
    assert taken.shape == (4, 3, 20, 20)
    torch.testing.assert_close(taken[2], pixel_control.q_of(z_t[2], actions_t[2]))
    torch.testing.assert_close(best_last, pixel_control.best_q(z_t[4]))
    taken.square().sum().backward()
    assert all(parameter.grad.abs().max() > 0.0 for parameter in pixel_control.parameters())


def test_in_bfloat16_it_stays_near(pixel_control):
    rounded = PixelControl(6, SMALL, channels=3, precision="bfloat16")
    rounded.load_state_dict(pixel_control.state_dict())
    z, actions = torch.randn(4, 6), torch.zeros(4, 2, dtype=torch.int64)
    expected = pixel_control.q_of(z, actions)
    torch.testing.assert_close(rounded.q_of(z, actions), expected, rtol=0.05, atol=0.02 * expected.abs().max().item())


def test_pixel_control_begins_near_zero():
    assert PixelControl(16, FACTORS).best_q(torch.randn(3, 16)).abs().max() < 1.0


def test_reward_prediction_reads_the_frames_in_order():
    torch.manual_seed(0)
    head, embedded = RewardPrediction(), torch.rand(5, 3, 256)
    assert head(embedded).shape == (5, 3)
    assert head(embedded[:0]).shape == (0, 3)
    assert not torch.allclose(head(embedded), head(embedded.flip(1)))
