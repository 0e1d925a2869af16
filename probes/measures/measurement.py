"""What every measure returns: the number, what it is to be read against, and how sure it is."""

from typing import Any, Literal, NamedTuple

Kind = Literal["similarity", "distance", "score"]
"""similarity: 1 where both are the same, as CKA. distance: 0 there, as PWCCA. score: in the measure's own unit."""


class Measurement(NamedTuple):
    """One number about representations.

    Attributes:
        score: the measure's value. kind: how to read it. chance: what it would be if there were nothing to find, in
            closed form or from shuffles, None where neither was asked for. n: samples that it was measured on.
        interval: 95 %, low and high, by resampling the samples (each measure says how); None without one.
    """

    score: float
    kind: Kind
    chance: float | None
    n: int
    interval: tuple[float, float] | None = None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**self._asdict(), "interval": None if self.interval is None else list(self.interval)}
