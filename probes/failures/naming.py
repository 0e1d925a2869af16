"""What is searched, from what people write: `camera_yaw`, `camera_pitch=0:60`, `world_name=Kitchen,Cellar`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from probes.vision.interface import IMAGENET_CLASSES
from sims.scenes.factors import Continuous, Discrete, Factor, Space, Value
from sims.scenes.packs import Pack
from sims.scenes.relations import BLANK

OBJECT, SECOND = "character_name", "character2_name"


class Searched(NamedTuple):
    """A part of a scene's space.

    Attributes:
        space: the factors that are searched, in their ranges; a factor's default is its value in the base scene.
        base: every factor of the base scene, which the search goes out from. right: by object, the numbers of the
            logits that are right to have the largest.
    """

    space: Space
    base: dict[str, Value]
    right: dict[str, tuple[int, ...]]

    def scene(self, factors: Mapping[str, Value]) -> dict[str, Value]:
        """The whole scene of the searched `factors`."""
        return {**self.base, **factors}

    def values(self, name: str) -> tuple[Value, ...]:
        """All that a discrete factor can be in the search: its value in the base scene, if it is not searched."""
        factor = self.space[name] if name in self.space.names else None
        return factor.values if isinstance(factor, Discrete) else (self.base[name],)


def searched(
    space: Space, pack: Pack, factors: Sequence[str], base: Sequence[str], classes: Sequence[str] | None
) -> Searched:
    """The part of `space` that is meant.

    Args:
        factors: to be searched: a name, with or without a range (`name=low:high`) or values (`name=a,b`). By default
            angles that go around take one turn, and objects those that the model can name.
        base: `name=value`; what is left out is at its default, the object at the first that the model can name.
        classes: names of the model's logits, to be found among the names of objects; None for ImageNet-1k's numbers.

    Raises:
        ValueError: a model of one class, no factors, one twice, a name or a value that is none, a second object, or an
            object that the model can't name.
    """
    if classes is not None and len(classes) < 2:
        raise ValueError(f"the model has the class {classes[0]!r} alone, expected two at least: it can't be wrong")
    right = {name: numbers for name in pack.characters if (numbers := _right(pack, name, classes))}
    if not right:
        known = "ImageNet-1k's" if classes is None else f"the model's ({', '.join(classes[:8])}, ...)"
        raise ValueError(
            f"no object of the pack {pack.name!r} ({', '.join(pack.characters[:8])}) is one of {known} classes: give "
            "the model classes with the objects' names, or a pack whose pack.toml names ImageNet's"
        )
    given = {name: _value(space[name], text) for name, text in map(_split, base)}
    part = Space(tuple(_narrowed(space, *_split(text), given, list(right)) for text in factors))
    whole = {**space.defaults(), OBJECT: next(iter(right)), **given, **part.defaults()}
    meant = Searched(part, whole, right)
    if SECOND in part.names or whole.get(SECOND, BLANK) != BLANK:
        raise ValueError(f"with {SECOND} two objects are shown and no one class is right: search with one object")
    unknown = [name for name in meant.values(OBJECT) if name not in right]
    if unknown:
        raise ValueError(f"the model can't name {unknown[0]!r}, expected some of {', '.join(right)}")
    return meant


def class_names(pack: Pack, right: Mapping[str, tuple[int, ...]], classes: Sequence[str] | None) -> list[str]:
    """Names of all logits, for people: the model's own, or ImageNet's numbers with what the pack calls them."""
    if classes is not None:
        return list(classes)
    names = [f"ImageNet {k}" for k in range(IMAGENET_CLASSES)]
    for name, numbers in right.items():
        for k in numbers:
            names[k] = pack.noun(name)
    return names


def _right(pack: Pack, name: str, classes: Sequence[str] | None) -> tuple[int, ...]:
    if classes is None:
        return pack.imagenet(name)
    return tuple(k for k, own in enumerate(classes) if own == name)


def _split(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()


def _value(factor: Factor, text: str) -> Value:
    """What `text` says, as one of the factor's values.

    Raises:
        ValueError: it is none of them.
    """
    if isinstance(factor, Discrete):
        return factor.checked({str(value): value for value in factor.values}.get(text, text))
    try:
        number = float(text)
    except ValueError:
        return factor.checked(text)  # says what is expected
    return factor.checked(number)


def _narrowed(space: Space, name: str, text: str, given: Mapping[str, Any], objects: list[str]) -> Factor:
    """A factor in the range or with the values that `text` asks for, its default being its value in the base scene.

    That is what is given for it, else its own default, or the nearest that is left to it.
    """
    factor = space[name]
    if isinstance(factor, Discrete):
        known = objects if name == OBJECT else list(factor.values)
        values = [_value(factor, part.strip()) for part in text.split(",")] if text else known
        now = given.get(name, factor.default if factor.default in values else values[0])
        return Discrete(name, tuple(values), now)
    low, high = _range(factor, text)
    now = given.get(name, min(max(float(factor.default or 0.0), low), high))
    return Continuous(name, low, high, now, factor.unit)


def _range(factor: Continuous, text: str) -> tuple[float, float]:
    if text:
        low, colon, high = text.partition(":")
        if not colon:
            raise ValueError(f"{factor.name}={text} is no range: write {factor.name}=low:high, in {factor.unit}")
        return _number(factor, low), _number(factor, high)
    turn = factor.unit == "deg" and factor.high - factor.low >= 360.0
    return (-180.0, 180.0) if turn else (factor.low, factor.high)


def _number(factor: Continuous, text: str) -> float:
    return float(_value(factor, text.strip()))
