"""The LSTM over rollouts against nn.LSTM: numbers, gradients, resets."""

import pytest
import torch

from agents.lstm import Recurrence
from agents.nets import BlindAgent, Memory
from agents.processes import prepared_cpu
from agents.senses import SIZES, perceive

TIME, ENVS, HIDDEN = 7, 5, 16


def by_recurrence(lstm, x, h, c, keep_t):
    bias = lstm.bias_ih_l0 + lstm.bias_hh_l0
    return Recurrence.apply(x, torch.cat([lstm.weight_hh_l0, lstm.weight_ih_l0, bias[:, None]], 1), h, c, keep_t)


def gradients(lstm, output):
    weights = torch.sin(torch.arange(output.numel(), dtype=torch.float32)).view_as(output)
    lstm.zero_grad()
    (output * weights).sum().backward()
    return [parameter.grad.clone() for parameter in lstm.parameters()]


@pytest.fixture
def case():
    torch.manual_seed(0)
    lstm = torch.nn.LSTM(8, HIDDEN)
    return lstm, torch.randn(TIME, ENVS, 8), torch.randn(ENVS, HIDDEN), torch.randn(ENVS, HIDDEN)


def test_it_gives_nn_lstms_numbers_and_gradients(case):
    lstm, x, h, c = case
    expected, (_, c_last) = lstm(x, (h[None], c[None]))
    output, c_t = by_recurrence(lstm, x, h, c, torch.ones(TIME, ENVS, 1))
    torch.testing.assert_close(output, expected)
    torch.testing.assert_close(c_t[-1], c_last[0])
    found = []
    x.requires_grad_()
    for run in (
        lambda: by_recurrence(lstm, x, h, c, torch.ones(TIME, ENVS, 1))[0],
        lambda: lstm(x, (h[None], c[None]))[0],
    ):
        x.grad = None
        found.append([*gradients(lstm, run()), x.grad])
    for own, theirs in zip(*found, strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-4, atol=1e-5)


def test_a_reset_is_as_if_a_new_sequence_began_and_no_gradient_crosses_it(case):
    lstm, x, h, c = case
    keep_t = torch.ones(TIME, ENVS, 1)
    keep_t[4] = 0.0
    blank = torch.zeros(1, ENVS, HIDDEN)
    output, _ = by_recurrence(lstm, x, h, c, keep_t)
    first, _ = lstm(x[:4], (h[None], c[None]))
    second, _ = lstm(x[4:], (blank, blank))
    torch.testing.assert_close(output, torch.cat([first, second]))
    cut = torch.cat([lstm(x[:4], (h[None], c[None]))[0], lstm(x[4:], (blank, blank))[0]])
    for own, theirs in zip(gradients(lstm, output), gradients(lstm, cut), strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("layers", "senses"), [(1, "paper"), (3, "paper"), (3, "egomotion"), (1, "start-frame")])
def test_the_agent_is_embeddings_lstm_and_heads_as_torch_would_run_them(layers, senses):
    torch.manual_seed(0)
    agent = BlindAgent(HIDDEN, layers, senses=senses)
    for parameter in agent.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    obs = torch.randn(TIME, ENVS, 12)
    memory = Memory(torch.randn(layers, ENVS, HIDDEN), torch.randn(layers, ENVS, HIDDEN), torch.randn(ENVS, 2))
    inputs = perceive(obs, torch.cat([memory.gps[None], obs[:-1, :, 2:4]]), senses)
    parts = inputs.split(list(SIZES[senses].values()), -1)
    embedded = torch.cat([layer(part) for layer, part in zip(agent.embeddings.values(), parts, strict=True)], -1)
    output, state = agent.lstm(embedded, (memory.h, memory.c))
    logits, values, after = agent(obs, memory)
    torch.testing.assert_close(logits, agent.actor(output))
    torch.testing.assert_close(values, agent.critic(output)[..., 0])
    torch.testing.assert_close(after.h, state[0])
    torch.testing.assert_close(after.c, state[1])
    assert torch.equal(after.gps, obs[-1, :, 2:4])


def test_in_bfloat16_a_small_step_far_from_the_start_is_still_felt():
    """Gates that subtract the last position, kept in h, from this one: 5 cm at 16 m, which bfloat16 rounds to 6 cm."""
    weight = torch.tensor([[-16.0, 1.0, 1.0, 0.0]] * 4).bfloat16()
    here = torch.tensor([16.05])
    rounded = here.bfloat16()
    x = torch.stack([rounded, (here - rounded).bfloat16()], -1)[None]
    h = torch.ones(1, 1)
    _, c = Recurrence.apply(x, weight, h, torch.zeros(1, 1), torch.ones(1, 1, 1))
    expected = torch.sigmoid(here - 16.0) * torch.tanh(here - 16.0)
    assert c.item() == pytest.approx(expected.item(), rel=0.01)


@pytest.mark.parametrize("senses", ["paper", "egomotion"])
def test_bfloat16_stays_near_float32(senses):
    torch.manual_seed(0)
    exact, rounded = (BlindAgent(HIDDEN, 2, precision, senses) for precision in ("float32", "bfloat16"))
    rounded.load_state_dict(exact.state_dict())
    obs = torch.randn(TIME, ENVS, 12) * 5.0
    for a, b in zip(
        exact.trace(obs, exact.blank_memory(ENVS)), rounded.trace(obs, exact.blank_memory(ENVS)), strict=True
    ):
        torch.testing.assert_close(b.h.float(), a.h, rtol=0.0, atol=0.03)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ((0, 1), "hidden"),
        ((8, 0), "layers"),
        ((8, 1, "float16"), "precision"),
        ((8, 1, "float32", "eyes"), "senses"),
    ],
)
def test_impossible_agents_are_refused(settings, wrong):
    with pytest.raises(ValueError, match=wrong):
        BlindAgent(*settings)


def test_the_cpus_settings_are_afterwards_as_before():
    threads, tiny = torch.get_num_threads(), torch.tensor(1e-40)
    with prepared_cpu():
        assert torch.get_num_threads() == 1
        assert tiny * 1.0 == 0.0
    assert torch.get_num_threads() == threads
    assert tiny * 1.0 != 0.0
