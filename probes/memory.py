"""How long a memory is: success and SPL when only the last k inputs feed the agent's state.

Wijmans et al. 2023, section 3.2. Post hoc, at every step the state is made anew, from a blank one, out of the last k
inputs, the present one included (in the reference's evaluation the k before it, and then it: k + 1; in its training k,
as here). An input is all that goes into the LSTM: an agent that is told how far it came since it last looked is told so
of the oldest input too. Agents that were trained with such a window are asked as they are.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from agents.evaluate import Episodes, choose_episodes, play
from agents.policy import STARTED, RecurrentPolicy
from agents.senses import GPS
from probes.measures import Score, score_of
from sims.core.policy import Policy
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.view import N_OBS

WINDOWS = tuple(2**n for n in range(12))
"""1, 2, 4, ... 2048 inputs."""

ASKED = ("success", "spl")

AT_ONCE = 64
"""Steps of our own agents that are taken in one call."""

SATURATED = 0.95
"""Share of the SPL with all inputs from which on more of them are of no use."""


class Window(NamedTuple):
    """What `Windowed` carries from step to step.

    Attributes:
        whole: the policy's own memory, of all inputs. seen: `[env, k + 1, 12]`, the last observations, the newest last.
        age: `[env]`, how many there have been in this episode.
    """

    whole: Any
    seen: NDArray[np.float32]
    age: NDArray[np.int64]


class Windowed:
    """A policy that acts on a state made of the last `k` inputs; implements `sims.core.policy.Policy`.

    A step costs k of the policy's own as soon as an episode is older than k.

    Args:
        policy: who acts, on flat observations; where its memory has `gps` (`agents.nets.Memory`), it is where the agent
            was when it last looked. k: inputs.

    Raises:
        ValueError: `k` is below 1.
    """

    def __init__(self, policy: Policy, k: int) -> None:
        if k < 1:
            raise ValueError(f"a window must hold 1 input at least, got {k}: 1 is a policy without memory")
        self.policy, self.k = policy, k

    def initial_state(self, n: int) -> Window:
        """Blank memory for `n` envs."""
        seen = np.zeros((n, self.k + 1, N_OBS), np.float32)
        return Window(self.policy.initial_state(n), seen, np.zeros(n, np.int64))

    def step(self, obs: NDArray[np.float32], state: Window) -> tuple[NDArray[np.int64], Window]:
        """Actions `[env]` for observations `[env, 12]`, and the memory afterwards."""
        age = np.where(obs[:, STARTED] != 0, 0, state.age) + 1
        seen = np.concatenate([state.seen[:, 1:], obs[:, None]], axis=1)
        actions, whole = self.policy.step(obs, state.whole)
        old = np.flatnonzero(age > self.k)
        if len(old):
            actions = actions.copy()
            actions[old] = self._replayed(seen[old])
        return actions, Window(whole, seen, age)

    def _replayed(self, seen: NDArray[np.float32]) -> NDArray[np.int64]:
        """Actions after the last k of the observations `[env, k + 1, 12]`, from a blank memory on."""
        state = self.policy.initial_state(len(seen))
        if hasattr(state, "gps"):
            state = state._replace(gps=torch.as_tensor(seen[:, 0, GPS]).to(state.gps))
        return self.policy.step(seen[:, -1], self._shown(seen[:, 1:-1], state))[0]

    def _shown(self, seen: NDArray[np.float32], state: Any) -> Any:
        """The policy's memory after observations `[env, time, 12]`."""
        if seen.shape[1] == 0:
            return state
        if isinstance(self.policy, RecurrentPolicy):
            with torch.no_grad():
                for part in torch.from_numpy(seen).to(state.h.device).transpose(0, 1).split(AT_ONCE):
                    _, _, state = self.policy.agent(part, state)
            return state
        for t in range(seen.shape[1]):
            _, state = self.policy.step(seen[:, t], state)
        return state


class MemoryLength(NamedTuple):
    """Success and SPL against the number of inputs; the chance of each is the untrained agent's own.

    Attributes:
        windows: for every k the Scores of `success` and `spl`. whole: with all inputs. untrained: of an agent that
            never learned, in the same episodes, by its own actions.
        metres_a_step: walked with all inputs, a step.
    """

    windows: dict[int, dict[str, Score]]
    whole: dict[str, Score]
    untrained: dict[str, Score]
    metres_a_step: float

    def saturates(self, share: float = SATURATED) -> int | None:
        """The least k from which on SPL is at least `share` of that with all inputs; None if it never is."""
        found = None
        for k in sorted(self.windows, reverse=True):
            if self.windows[k]["spl"].score < share * self.whole["spl"].score:
                break
            found = k
        return found

    def document(self) -> dict[str, Any]:
        """As JSON."""
        k = self.saturates()
        return {
            "windows": {str(k): _documents(scores) for k, scores in self.windows.items()},
            "whole": _documents(self.whole),
            "untrained": _documents(self.untrained),
            "saturates_at": k,
            "metres_a_step": self.metres_a_step,
            "metres_at_saturation": None if k is None else k * self.metres_a_step,
        }


def memory_length(
    policy: Policy,
    env: PointNavVectorEnv,
    n_episodes: int,
    *,
    twin: Policy,
    windows: Sequence[int] = WINDOWS,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> MemoryLength:
    """Play the same `n_episodes` with every window, and with all inputs.

    Args:
        policy: who acts. env: where, with the flat observation. twin: an agent that never learned.
        windows: k, in inputs. seed: which episodes of the env's pool. say: told of every window that is done.

    Raises:
        ValueError: no windows, one below 1, or fewer episodes in the pool; or the env's observation is not flat.
    """
    if env.single_observation_space.shape is None:
        raise ValueError("a window is made of flat observations: make the env with obs='flat'")
    if not windows:
        raise ValueError("no window was asked for: expected numbers of inputs such as 1, 16, 256")
    numbers = choose_episodes(len(env.pool.arrays.start), n_episodes, seed)
    blank = play(twin, env, numbers)
    chance = {name: float(blank.measures[name].mean()) for name in ASKED}
    whole = play(policy, env, numbers)
    found = {}
    for k in windows:
        began = time.perf_counter()
        played = whole if k >= env.max_steps else play(Windowed(policy, k), env, numbers)  # that is all there is
        found[k] = _scores(played, chance)
        say(f"memory: k = {k}, SPL {100 * found[k]['spl'].score:.1f} %, {time.perf_counter() - began:.0f} s")
    metres = float(whole.measures["path_length"].sum() / whole.steps.sum())
    return MemoryLength(found, _scores(whole, chance), _scores(blank, chance), metres)


def _scores(played: Episodes, chance: dict[str, float]) -> dict[str, Score]:
    _, layouts = np.unique(played.layouts, return_inverse=True)
    return {name: score_of(played.measures[name], chance[name], layouts) for name in ASKED}


def _documents(scores: dict[str, Score]) -> dict[str, Any]:
    return {name: score.document() for name, score in scores.items()}
