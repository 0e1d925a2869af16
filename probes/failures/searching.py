"""The search: strategies take their shares of a budget of renders; what fails is rendered again."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from probes.failures.looks import Look, Looks, Render
from probes.failures.naming import Searched
from probes.failures.strategies import STRATEGIES, Name
from probes.measures.factors import accuracy
from probes.measures.measurement import Measurement


class Tried(NamedTuple):
    """What a strategy looked at: `looks` in order, scenes that it came back to again included; `renders` it was charged
    for, those that prove its failures included."""

    looks: list[Look]
    renders: int

    @property
    def rate(self) -> Measurement | None:
        """The share of its sound pictures on which the model fails, with Wilson's interval; None if there is none.

        Failures cost two renders, so that a share of the budget ends sooner the more there are: that moves the rate up
        by 0.01 to 0.02 for 12 renders, by less than 0.01 for 40, and leaves Wilson's coverage at 94 to 96 %.
        """
        sound = [look.failing for look in self.looks if not look.flaws]
        return accuracy(sound) if sound else None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "tried": len(self.looks),
            "different": len({look.key for look in self.looks}),
            "flawed": sum(bool(look.flaws) for look in self.looks),
            "failing": sum(look.failing for look in self.looks),
            "rate": None if self.rate is None else self.rate.document(),
            "least_margin": min((look.verdict.margin for look in self.looks if not look.flaws), default=None),
            "renders": self.renders,
            "keys": [look.key for look in self.looks],
        }


class Found(NamedTuple):
    """What a search found.

    Attributes:
        base: the scene that it went out from. tried: by strategy. failures: every scene on which the model fails, once,
            the smallest margin first. reproduced: by key of a failure, whether a fresh renderer made the same bytes of
            it. renders: all that were made.
    """

    base: Look
    tried: dict[Name, Tried]
    failures: list[Look]
    reproduced: dict[str, bool]
    renders: int

    def documents(self) -> dict[str, dict[str, Any]]:
        """What each strategy came to, as JSON."""
        return {name: tried.document() for name, tried in self.tried.items()}

    def found_by(self, look: Look) -> list[str]:
        """The strategies that came upon it; none for a base scene that only stood at the beginning."""
        return [name for name, tried in self.tried.items() if any(own.key == look.key for own in tried.looks)]


def search(
    looks: Looks,
    part: Searched,
    strategies: Sequence[Name],
    budget: int,
    seed: int,
    again: Render,
    say: Callable[[str], None] = lambda line: None,
) -> Found:
    """Look, within the budget, for scenes on which the model fails, and prove those that were found.

    A look costs one render, and another one is put by if the model fails, to prove it; a strategy that could not pay
    both ends. So no more than `budget` are ever made, whatever comes out. What a strategy has left over goes to the
    ones after it.

    Args:
        looks: where pictures come from. part: what is searched. strategies: by name, each once. budget: renders of all
            of them together, those of an earlier call that this one goes on with included.
        seed: of what is drawn. again: renders the proofs, in a renderer of its own. say: told of progress.

    Raises:
        ValueError: see `check_search`.
    """
    check_search(strategies, budget)
    base = looks.look(part.base)
    spent = 1 + base.failing
    tried: dict[Name, Tried] = {}
    for k, name in enumerate(strategies):
        share = (budget - spent) // (len(strategies) - k)
        tried[name] = _tried(looks, part, name, share, seed, say)
        spent += tried[name].renders
    every = {look.key: look for look in (base, *(look for own in tried.values() for look in own.looks))}
    failures = sorted((look for look in every.values() if look.failing), key=lambda look: look.verdict.margin)
    reproduced: dict[str, bool] = {}
    for look in failures:
        reproduced[look.key] = looks.again(look, again)
        say(f"rendered again: {len(reproduced)} of {len(failures)} failures")
    return Found(base, tried, failures, reproduced, len(every) + len(failures))


def _tried(looks: Looks, part: Searched, name: Name, share: int, seed: int, say: Callable[[str], None]) -> Tried:
    """What a strategy comes to with `share` renders; scenes that were looked at before are free, and it has `share`
    settings at most."""
    strategy = STRATEGIES[name](part.space, seed)
    found: list[Look] = []
    renders = 0
    factors = next(strategy)
    while len(found) < share:
        scene = part.scene(factors)
        new = not looks.has(scene)
        if new and renders + 2 > share:
            break
        look = looks.look(scene)
        found.append(look)
        renders += (1 + look.failing) * new
        say(f"{name}: {len(found)} looks, {sum(own.failing for own in found)} failures, {renders} of {share} renders")
        try:
            factors = strategy.send(None if look.flaws else look.verdict.margin)
        except StopIteration:
            break
    return Tried(found, renders)


def check_search(strategies: Sequence[Name], budget: int) -> None:
    """Refuse a search that can't be.

    Raises:
        ValueError: no strategies, one twice or unknown, or a budget with which not every one of them can look once and
            prove what it found; the message says what would do.
    """
    for name in strategies:
        if name not in STRATEGIES or list(strategies).count(name) > 1:
            raise ValueError(f"strategies must be some of {', '.join(STRATEGIES)}, each once, got {name!r}")
    if not strategies:
        raise ValueError(f"there are no strategies, expected some of {', '.join(STRATEGIES)}")
    least = 2 + 2 * len(strategies)  # the base scene is looked at first
    if budget < least:
        raise ValueError(
            f"a budget of {budget} renders is too small for {len(strategies)} strategies: {least} would do"
        )
