"""Pixel control and reward prediction, by hand."""

import math

import pytest
import torch

from agents.auxiliary import (
    NEGATIVE,
    POSITIVE,
    ZERO,
    balanced_triples,
    cell_size,
    pixel_change,
    pixel_control_loss,
    pixel_returns,
    reward_class,
    reward_prediction_loss,
)


def test_cells_of_84_pixels_are_4_wide_and_leave_a_margin_of_2():
    """One channel of one pixel changes by 51 of 255: 0.2 of a mean over 4 x 4 x 3."""
    frames = torch.zeros(2, 1, 84, 84, 3, dtype=torch.uint8)
    frames[1, 0, 2, 2, 1] = 51  # the first pixel of the first cell
    frames[1, 0, 81, 81, 0] = 102  # the last of the last
    frames[1, 0, 1, 40] = 255  # in the margin
    change = pixel_change(frames)
    assert change.shape == (1, 1, 20, 20)
    assert change[0, 0, 0, 0].item() == pytest.approx(0.2 / 48)
    assert change[0, 0, 19, 19].item() == pytest.approx(0.4 / 48)
    assert change.sum().item() == pytest.approx(0.6 / 48)


def test_a_change_to_darker_counts_as_one_to_lighter():
    frames = torch.zeros(3, 1, 20, 20, 3, dtype=torch.uint8)
    frames[1] = 255
    torch.testing.assert_close(pixel_change(frames), torch.ones(2, 1, 20, 20))


@pytest.mark.parametrize(("height", "width", "channels"), [(84, 84, 3), (45, 61, 3), (20, 20, 1), (83, 50, 4)])
def test_it_is_the_mean_over_cells(height, width, channels):
    torch.manual_seed(0)
    frames = torch.randint(0, 256, (3, 2, height, width, channels), dtype=torch.uint8)
    size = cell_size(height, width)
    top, left = (height - 20 * size) // 2, (width - 20 * size) // 2
    centre = frames[:, :, top : top + 20 * size, left : left + 20 * size].double() / 255.0
    cells = (centre[1:] - centre[:-1]).abs().view(2, 2, 20, size, 20, size, channels).mean((3, 5, 6))
    torch.testing.assert_close(pixel_change(frames), cells.float())


def test_frames_in_any_memory_order_give_the_same():
    frames = torch.randint(0, 256, (2, 3, 24, 24, 3), dtype=torch.uint8)
    turned = frames.transpose(0, 1).contiguous().transpose(0, 1)
    assert torch.equal(pixel_change(turned), pixel_change(frames))


def test_what_pixel_control_cannot_take_is_refused():
    with pytest.raises(ValueError, match=r"frames must be uint8, 0 to 255, got torch\.float32"):
        pixel_change(torch.zeros(2, 1, 84, 84, 3))
    with pytest.raises(ValueError, match="needs frames of 20 x 20 pixels or more, got 84 x 19"):
        pixel_change(torch.zeros(2, 1, 84, 19, 3, dtype=torch.uint8))


def maps(*values):
    return torch.tensor(values)[:, None, None, None].expand(-1, 1, 20, 20)


def test_returns_by_hand():
    """R_1 = 0.2 + 0.9 x 0.5, R_0 = 0.1 + 0.9 R_1."""
    going = torch.zeros(2, 1, dtype=torch.bool)
    returns = pixel_returns(maps(0.1, 0.2), maps(0.5)[0], maps(7.0, 7.0), going, gamma=0.9)
    assert returns[:, 0, 3, 4].tolist() == pytest.approx([0.685, 0.65])


def test_where_an_episode_ends_the_next_frame_teaches_nothing():
    """The last action's return is its own Q, so its error is 0; the action before builds upon that Q."""
    ended = torch.tensor([[False], [True], [False]])
    q = maps(1.0, 3.0, 5.0)
    returns = pixel_returns(maps(0.1, 99.0, 0.3), maps(0.5)[0], q, ended, gamma=0.9)
    assert returns[:, 0, 0, 0].tolist() == pytest.approx([0.1 + 0.9 * 3.0, 3.0, 0.3 + 0.9 * 0.5])
    assert pixel_control_loss(q, returns)[1, 0].item() == 0.0


def test_the_loss_is_half_the_square_summed_over_the_cells():
    q, returns = torch.zeros(1, 1, 20, 20), torch.zeros(1, 1, 20, 20)
    returns[0, 0, 0, :2] = torch.tensor([2.0, -4.0])
    assert pixel_control_loss(q, returns).tolist() == [[10.0]]


def test_no_gradient_goes_into_the_targets():
    q = torch.zeros(1, 1, 20, 20, requires_grad=True)
    assert not pixel_returns(q, q[0], q, torch.zeros(1, 1, dtype=torch.bool)).requires_grad


def test_rewards_are_classed_by_their_sign():
    assert reward_class(torch.tensor([-0.1, 0.0, -0.0, 7.0])).tolist() == [NEGATIVE, ZERO, ZERO, POSITIVE]


def test_triples_are_of_one_episode_and_balanced():
    rewards, ended = torch.zeros(8, 2), torch.zeros(8, 2, dtype=torch.bool)
    rewards[0, 0] = 1.0  # too early: two frames must go before
    rewards[4, 0] = 1.0  # the episode began with frame 3
    rewards[5, 0] = -1.0
    rewards[3, 1] = 2.0
    ended[2, 0] = True
    time, env = balanced_triples(rewards, ended, 1001, torch.Generator().manual_seed(0))
    drawn = set(zip(time.tolist(), env.tolist(), strict=True))
    rewarded = {(5, 0), (3, 1)}
    rest = {(2, 0), (6, 0), (7, 0), *((t, 1) for t in (2, 4, 5, 6, 7))}
    assert drawn == rewarded | rest
    assert int((rewards[time, env] != 0.0).sum()) == 501


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_a_rollout_of_one_kind_gives_no_triples_and_no_loss(reward):
    rewards, ended = torch.full((6, 3), reward), torch.zeros(6, 3, dtype=torch.bool)
    time, env = balanced_triples(rewards, ended, 10, torch.Generator().manual_seed(0))
    assert len(time) == len(env) == 0
    logits = torch.zeros(0, 3, requires_grad=True)
    loss = reward_prediction_loss(logits, rewards[time, env])
    loss.backward()
    assert loss.item() == 0.0


@pytest.mark.parametrize("n_steps", [1, 2])
def test_a_rollout_too_short_for_three_frames_gives_none(n_steps):
    rewards = torch.arange(float(2 * n_steps)).view(n_steps, 2)
    time, _ = balanced_triples(rewards, torch.zeros(n_steps, 2, dtype=torch.bool), 4, torch.Generator())
    assert len(time) == 0


def test_reward_prediction_by_hand():
    """A sure and right, a sure and wrong, and an even guess."""
    logits = torch.tensor([[0.0, 0.0, 9.0], [9.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    sure = math.log(1.0 + 2.0 * math.exp(-9.0))
    expected = (sure + (9.0 + sure) + math.log(3.0)) / 3.0
    assert reward_prediction_loss(logits, torch.tensor([0.5, 0.0, -1.0])).item() == pytest.approx(expected)
