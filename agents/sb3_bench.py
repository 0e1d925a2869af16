"""The other side of `umwelt bench train`: SB3-contrib's `RecurrentPPO` with the blind agent's network, timed."""

import time
from typing import Any, cast

import torch
from gymnasium import spaces
from sb3_contrib import RecurrentPPO
from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

from agents.nets import EMBEDDING, BlindAgent
from agents.sb3 import WorldVecEnv
from agents.senses import SIZES
from agents.training import TrainSettings
from sims.pointnav.env import PointNavVectorEnv


class Embeddings(BaseFeaturesExtractor):
    """The blind agent's embeddings: 4 parts of the observation to 32 numbers each."""

    def __init__(self, observation_space: spaces.Space[Any]) -> None:
        sizes = SIZES["paper"]
        super().__init__(observation_space, EMBEDDING * len(sizes))
        self.embeddings = torch.nn.ModuleDict({name: torch.nn.Linear(size, EMBEDDING) for name, size in sizes.items()})

    def forward(self, obs: torch.Tensor) -> torch.Tensor:
        """Observations `[env, 12]` to features `[env, 128]`."""
        parts = obs.split(list(SIZES["paper"].values()), 1)
        return torch.cat([layer(part) for layer, part in zip(self.embeddings.values(), parts, strict=True)], 1)


class Clock(BaseCallback):
    """Notes when every rollout begins, and when the last one has been learnt from; the first is learnt from once."""

    def __init__(self, n_epochs: int) -> None:
        super().__init__()
        self.n_epochs, self.times = n_epochs, list[float]()

    def _on_rollout_start(self) -> None:
        assert isinstance(self.model, PPO | RecurrentPPO)
        self.model.n_epochs = self.n_epochs if self.times else 1
        self.times.append(time.perf_counter())

    def _on_training_end(self) -> None:
        self.times.append(time.perf_counter())

    def _on_step(self) -> bool:
        return True


def model_like(training: TrainSettings, env: PointNavVectorEnv, same_weights: bool) -> RecurrentPPO:
    """A `RecurrentPPO` with the network and the settings that `umwelt train` would have.

    With `same_weights` it has the blind agent's first weights too. They decide the speed: with SB3's own an untrained
    agent stops every fourth step, and SB3 pads the sequences between.
    """
    losses = training.losses
    network = {
        "features_extractor_class": Embeddings,
        "net_arch": [],
        "lstm_hidden_size": training.hidden,
        "n_lstm_layers": training.layers,
        "shared_lstm": True,
        "enable_critic_lstm": False,
    }
    model = RecurrentPPO(
        "MlpLstmPolicy",
        WorldVecEnv(env),
        learning_rate=training.lr,
        n_steps=training.rollout,
        batch_size=training.rollout * training.n_envs // losses.minibatches,
        n_epochs=losses.epochs,
        gamma=losses.gamma,
        gae_lambda=losses.gae_lambda,
        clip_range=losses.clip,
        ent_coef=losses.entropy_weight,
        vf_coef=losses.value_weight / 2,  # its value loss is the squared error, ours half of it
        max_grad_norm=losses.max_grad_norm,
        policy_kwargs={**network, "optimizer_kwargs": {"eps": 1e-8}},  # torch's, as ours
        seed=training.seed,
        device="cpu",
    )
    if same_weights:
        give_weights(
            BlindAgent(training.hidden, training.layers, senses="paper"), cast(RecurrentActorCriticPolicy, model.policy)
        )
    return model


def give_weights(agent: BlindAgent, policy: RecurrentActorCriticPolicy) -> None:
    """Copy all weights of `agent` into `policy`, which has the same network."""
    assert isinstance(policy.features_extractor, Embeddings)
    policy.features_extractor.embeddings.load_state_dict(agent.embeddings.state_dict())
    policy.lstm_actor.load_state_dict(agent.lstm.state_dict())
    policy.action_net.load_state_dict(agent.actor.state_dict())
    policy.value_net.load_state_dict(agent.critic.state_dict())


def sb3_rate(training: TrainSettings, env: PointNavVectorEnv, same_weights: bool) -> float:
    """Env-steps a second, collecting and learning, of one rollout after one that warms up."""
    clock, n_steps = Clock(training.losses.epochs), training.rollout * training.n_envs
    model = model_like(training, env, same_weights)
    model.learn(2 * n_steps, callback=clock, log_interval=None)  # type: ignore[arg-type]
    return n_steps / (clock.times[2] - clock.times[1])
