"""What anything that acts in a batched world looks like: baselines, trained agents, agents of other libraries."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Policy(Protocol):
    """A policy with memory, for many envs at once."""

    def initial_state(self, n: int) -> Any:
        """The memory of `n` envs before their first observation."""
        ...

    def step(self, obs: Any, state: Any) -> tuple[NDArray[np.int64], Any]:
        """Actions `[env]` for the observations `[env, ...]`, and the memory afterwards.

        An episode's first observation says so itself (in PointNav by the previous action 'start'): there the policy
        begins afresh, whatever its memory held.
        """
        ...
