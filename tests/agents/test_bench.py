"""`umwelt bench train`: its lines on tiny sizes, and that both sides run the same network. Speed is never asserted."""

import json
import subprocess
import sys

import pytest
import torch

from agents import bench
from agents.bench import BenchSettings, measure, training_of
from agents.nets import STOP_BIAS, BlindAgent, Memory
from agents.ppo import precision_of_cpu
from agents.sb3_bench import Clock, give_weights, model_like
from agents.training import TrainSettings
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.state import STOP

TINY = {"n_envs": 16, "rollout": 8, "layouts": ("houses:0-3",)}


def test_it_prints_a_line_for_every_case_and_nothing_else():
    words = ["bench", "train", "--cases", "2x16", "1x16-float32", "--repeats", "1", "--rollouts", "1", "--n-envs", "16"]
    words += ["--rollout", "8", "--layouts", "houses:0-3"]
    done = subprocess.run([sys.executable, "-m", "umwelt", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    compared, alone = [json.loads(line) for line in done.stdout.splitlines()]
    assert [compared["bench"], compared["case"], compared["unit"]] == ["train", "2x16", "env-steps/s"]
    assert compared["against"] == "sb3_contrib.RecurrentPPO"
    assert compared["ratio"] > 0
    assert compared["value"] > 0
    assert [alone["case"], alone["against"], alone["ratio"]] == ["1x16-float32", None, None]
    assert "terminate called" not in done.stderr


def test_sides_take_turns_and_medians_are_compared(monkeypatch):
    rates, order = {bench._our_rate: iter([30.0, 50.0, 40.0]), bench._sb3_rate: iter([2.0, 4.0, 100.0])}, []

    def apart(work, job, n_cores, threads):
        order.append((work.__name__, n_cores, threads))
        return next(rates[work])

    monkeypatch.setattr(bench, "apart", apart)
    (figure,) = measure(BenchSettings(cases=("1x256",), processes=2))
    assert order == [("_our_rate", 2, 1), ("_sb3_rate", 2, 2)] * 3
    assert figure.values == [30.0, 50.0, 40.0]
    assert figure.ratio == 10.0
    rates[bench._our_rate] = iter([30.0, 50.0, 40.0])
    (figure,) = measure(BenchSettings(cases=("1x256",), processes=2, sb3=False))
    assert figure.against is figure.ratio is None


def test_cases_are_what_the_issue_says():
    plain, exact, recipe = (training_of(case, BenchSettings()) for case in ("1x256", "3x512-float32", "recipe"))
    assert (plain.layers, plain.hidden, plain.n_envs, plain.rollout) == (1, 256, 256, 128)
    assert plain.n_envs * plain.rollout // plain.losses.minibatches == 8192
    assert plain.losses.epochs == 2
    assert plain.precision == recipe.precision == precision_of_cpu()
    assert (exact.layers, exact.hidden, exact.precision) == (3, 512, "float32")
    assert (recipe.n_envs, recipe.rollout, recipe.losses) == (
        TrainSettings.n_envs,
        TrainSettings.rollout,
        TrainSettings().losses,
    )


def sb3_model(same_weights):
    training = training_of("2x16-float32", BenchSettings(**TINY))
    env = PointNavVectorEnv(16, layouts="houses:0-3", goals_per_layout=2, starts_per_goal=8)
    return model_like(training, env, same_weights)


def test_sb3_gets_the_same_network_and_where_asked_the_same_first_weights():
    model, agent = sb3_model(True), BlindAgent(16, 2, senses="paper")
    with torch.no_grad():
        for parameter in agent.parameters():
            parameter += 0.1 * torch.randn(parameter.shape)
    give_weights(agent, model.policy)
    count = sum(parameter.numel() for parameter in agent.parameters())
    for policy in (model.policy, sb3_model(False).policy):
        assert sum(parameter.numel() for parameter in policy.parameters()) == count
    obs, (h, c) = torch.rand(6, 12), torch.randn(2, 2, 6, 16)
    with torch.no_grad():
        logits, values, memory = agent(obs[None], Memory(h, c, torch.zeros(6, 2)))
        distribution, (h_after, c_after) = model.policy.get_distribution(obs, (h, c), torch.zeros(6))
        assert torch.allclose(distribution.distribution.logits, torch.log_softmax(logits[0], -1), atol=1e-5)
        assert torch.allclose(model.policy.predict_values(obs, (h, c), torch.zeros(6))[:, 0], values[0], atol=1e-5)
    assert torch.allclose(h_after, memory.h, atol=1e-5)
    assert torch.allclose(c_after, memory.c, atol=1e-5)
    assert (model.batch_size, model.n_steps, model.n_epochs) == (32, 8, 2)


def test_the_same_first_weights_are_those_of_an_agent_that_seldom_stops():
    assert sb3_model(True).policy.action_net.bias[STOP] == STOP_BIAS
    assert sb3_model(False).policy.action_net.bias[STOP] == 0.0


def test_sb3_warms_up_with_one_epoch_and_is_timed_with_all():
    model, clock = sb3_model(True), Clock(2)
    model.learn(2 * 16 * 8, callback=clock, log_interval=None)
    assert len(clock.times) == 3
    assert model._n_updates == 1 + 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cases": ("1x256", "huge")}, "--cases must be LAYERSxHIDDEN, .* or recipe, got 'huge'"),
        ({"repeats": 0}, "--repeats must be at least 1"),
        ({"rollouts": 0}, "--rollouts must be at least 1"),
        ({"processes": 1000}, "--processes must be 1 to"),
        ({"n_envs": 3}, "can't be shared by 2 processes"),
    ],
)
def test_impossible_settings_are_refused_before_anything_runs(changes, message):
    with pytest.raises(ValueError, match=message):
        next(measure(BenchSettings(**{"processes": 2, **changes})))


def test_without_sb3_it_says_what_to_install_or_leave_out(monkeypatch):
    monkeypatch.setattr("agents.apart.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'umwelt-sims\[sb3\]', or measure without: --no-sb3"):
        next(measure(BenchSettings(processes=1)))
