"""Where to look next: at random, at one change at a time, or where Optuna expects the least margin.

A strategy is a generator of settings of the searched factors. It is sent the margin of each before it gives the next,
None for a picture in which the object can't be seen. What it gives depends on its arguments and on what it was sent
alone, so that a search that was stopped is gone on with by asking it again.
"""

from collections.abc import Callable, Generator
from importlib import import_module
from typing import Any, Literal

import numpy as np

from sims.scenes.factors import Discrete, Factor, Space, Value

Name = Literal["random", "one-at-a-time", "optuna"]
Strategy = Generator[dict[str, Value], float | None, None]

STARTUP = 6
"""Settings that Optuna draws at random before it has an opinion."""

LEVELS = 5
"""Values of a continuous factor that are tried one at a time."""


def at_random(space: Space, seed: int) -> Strategy:
    """Every factor drawn evenly and independently, without end."""
    rng = np.random.default_rng(seed)
    while True:
        yield {factor.name: _drawn(factor, rng) for factor in space.factors}


def one_at_a_time(space: Space, seed: int) -> Strategy:
    """The base scene (`space`'s defaults), then every other value of each factor, the factors taking turns."""
    base = space.defaults()
    yield base
    rng = np.random.default_rng(seed)
    others = {factor.name: _others(factor, base[factor.name], rng) for factor in space.factors}
    for k in range(max(map(len, others.values()))):
        for name, values in others.items():
            if k < len(values):
                yield {**base, name: values[k]}


def by_optuna(space: Space, seed: int) -> Strategy:
    """What the tree-structured Parzen estimator expects to have a small margin (Bergstra et al. 2011), without end.

    Raises:
        ValueError: Optuna is not installed.
    """
    try:
        optuna = import_module("optuna")
    except ImportError as error:
        raise ValueError("the strategy optuna needs Optuna: pip install umwelt-sims[vision]") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP))
    ranges = {factor.name: _distribution(optuna, factor) for factor in space.factors}
    largest = 0.0
    while True:
        trial = study.ask(ranges)
        margin = yield {factor.name: factor.checked(trial.params[factor.name]) for factor in space.factors}
        largest = max(largest, margin or 0.0)
        study.tell(trial, largest if margin is None else margin)  # where nothing is seen there is nothing to look for


STRATEGIES: dict[Name, Callable[[Space, int], Strategy]] = {
    "random": at_random,
    "one-at-a-time": one_at_a_time,
    "optuna": by_optuna,
}


def _drawn(factor: Factor, rng: np.random.Generator) -> Value:
    if isinstance(factor, Discrete):
        return factor.values[int(rng.integers(len(factor.values)))]
    return float(rng.uniform(factor.low, factor.high))


def _others(factor: Factor, base: Value, rng: np.random.Generator) -> list[Value]:
    """A factor's values but that of the base scene, in an order of chance, so that a small budget sees some of all."""
    if isinstance(factor, Discrete):
        values: list[Value] = list(factor.values)
    else:
        around = factor.unit == "deg" and factor.high - factor.low == 360.0  # both ends are one view
        values = [float(v) for v in np.linspace(factor.low, factor.high, LEVELS + around)[:LEVELS]]
    left = [value for value in values if value != base]
    return [left[k] for k in rng.permutation(len(left))]


def _distribution(optuna: Any, factor: Factor) -> Any:
    if isinstance(factor, Discrete):
        return optuna.distributions.CategoricalDistribution(factor.values)
    return optuna.distributions.FloatDistribution(factor.low, factor.high)
