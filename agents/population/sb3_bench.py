"""The other side of `umwelt bench population`: SB3's `PPO` with a `CnnPolicy`, timed on the same matches."""

from stable_baselines3 import PPO

from agents.sb3 import WorldVecEnv
from agents.sb3_bench import Clock
from sims.ctf.env import CaptureTheFlagVectorEnv


def sb3_rate(env: CaptureTheFlagVectorEnv, rollout: int, batch: int) -> float:
    """Agent-steps a second, collecting and learning, of one rollout after one that warms up.

    Args:
        env: whose slots one policy plays. rollout: steps between two updates. batch: agent-steps of a minibatch.
    """
    clock, n_steps = Clock(n_epochs=1), rollout * env.num_envs
    model = PPO("CnnPolicy", WorldVecEnv(env), n_steps=rollout, batch_size=batch, n_epochs=1, device="cpu", seed=0)
    model.learn(2 * n_steps, callback=clock, log_interval=None)  # type: ignore[arg-type]
    return n_steps / (clock.times[2] - clock.times[1])
