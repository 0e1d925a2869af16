"""What an Unreal program calls the things that scenes are made of: a small TOML file, read strictly."""

import re
import tomllib
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from sims.core.hints import did_you_mean
from sims.scenes.unrealcv.axes import Transform, pose_of

ANY = "*"
"""Stands for every value that has no entry of its own."""


@dataclass(frozen=True)
class Model:
    """What plays a character, or a plinth.

    Args:
        spawn: the class to spawn it from, or: object: the name of an actor that is there and is shown and hidden.
        scale: of the actor where the character's longest side is 1 m. turn_deg: (pitch, yaw, roll) that has its front
            look along -X. offset_cm: from the point on the ground below its middle to the actor's own origin.
    """

    spawn: str = ""
    object: str = ""
    scale: float = 1.0
    turn_deg: tuple[float, ...] = (0.0, 0.0, 0.0)
    offset_cm: tuple[float, ...] = (0.0, 0.0, 0.0)

    @property
    def fitted(self) -> np.ndarray:
        """`[4, 4]` the actor's own coordinates to the model's, metres."""
        return pose_of(Transform(np.array(self.offset_cm), np.array(self.turn_deg), np.full(3, self.scale)))


@dataclass(frozen=True)
class Mapping:
    """How scenes are shown by an Unreal program.

    Args:
        address: HOST:PORT, or the path of a Unix socket. token: shown first, if there is one.
        camera: the number of the camera that takes the pictures; spawn_camera: spawn cameras until there is that one.
        origin_cm: where our origin lies in its levels. turn_deg: its yaw there.
        hide: patterns of the actors that are hidden when a level opens, for ours take their place.
        others: what pixels of actors that are none of ours count as: `ground` or `nothing`.
        albedo: `lit_source` where the server knows it, else `none`: albedo is then 0.
        tolerance_cm, tolerance_deg: how far what is read back may be from what was set.
        timeout_s: for an answer. settle_s: to wait before pictures, for engines whose pictures lag behind.
        level, light, texture: commands of a world, of a light, and of a texture on {object}; {value} is its name.
        models: what plays each character, by its name; `plinth` is what stands under one at the top.
        parts: patterns of the level's own actors, by role (`ground`, `wall`, `plant`, `furniture`).
    """

    address: str = "127.0.0.1:9000"
    token: str = ""
    camera: int = 0
    spawn_camera: bool = False
    origin_cm: tuple[float, ...] = (0.0, 0.0, 0.0)
    turn_deg: float = 0.0
    hide: tuple[str, ...] = ()
    others: str = "ground"
    albedo: str = "none"
    tolerance_cm: float = 0.1
    tolerance_deg: float = 0.05
    timeout_s: float = 600.0
    settle_s: float = 0.0
    level: Mapped[str, tuple[str, ...]] = field(default_factory=dict)
    light: Mapped[str, tuple[str, ...]] = field(default_factory=dict)
    texture: Mapped[str, tuple[str, ...]] = field(default_factory=dict)
    models: Mapped[str, Model] = field(default_factory=dict)
    parts: Mapped[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def placed(self) -> np.ndarray:
        """`[4, 4]` our world's coordinates to those of its levels, metres."""
        return pose_of(Transform(np.array(self.origin_cm), np.array([0.0, self.turn_deg, 0.0]), np.ones(3)))


def read_mapping(path: Path | None = None) -> Mapping:
    """The mapping in a file; by default that of our own server.

    Raises:
        ValueError: no such file, no TOML, or a key or a value that can't be.
    """
    if path is None:
        return _mapping(tomllib.loads((resources.files("sims.scenes.unrealcv") / "umwelt.toml").read_text()), "")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(
            f"there is no mapping {path}: expected a TOML file, as docs/unrealcv.md describes it"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML: {error}") from error
    return _mapping(document, f"{path}: ")


_COMMANDS = ("level", "light", "texture")


def _mapping(document: dict[str, Any], where: str) -> Mapping:
    _known(where, document, Mapping)
    given: dict[str, Any] = {}
    for key, value in document.items():
        if key in (*_COMMANDS, "parts"):
            given[key] = {name: _texts(f"{where}{key}.{name}", texts) for name, texts in _table(where, key, value)}
        elif key == "models":
            given[key] = {name: _model(f"{where}models.{name}", own) for name, own in _table(where, key, value)}
        else:
            given[key] = _value(f"{where}{key}", value, getattr(Mapping(), key))
    mapping = Mapping(**given)
    for key, known in (("others", ("ground", "nothing")), ("albedo", ("lit_source", "none"))):
        if getattr(mapping, key) not in known:
            raise ValueError(f"{where}{key} is {getattr(mapping, key)!r}: expected one of {', '.join(known)}")
    if min(mapping.tolerance_cm, mapping.tolerance_deg, mapping.timeout_s) <= 0.0 or mapping.settle_s < 0.0:
        raise ValueError(f"{where}tolerances and the timeout must be above 0, settle_s at least 0")
    return mapping


def _model(where: str, given: Any) -> Model:
    if not isinstance(given, dict):
        raise ValueError(f"{where} must be a table, got {given!r}: {{ spawn = 'Class' }} or {{ object = 'Actor' }}")
    _known(f"{where}: ", given, Model)
    model = Model(**{key: _value(f"{where}.{key}", value, getattr(Model(), key)) for key, value in given.items()})
    if bool(model.spawn) == bool(model.object):
        raise ValueError(f"{where} must have one of spawn (a class) and object (an actor that is there)")
    if not model.scale > 0.0:
        raise ValueError(f"{where}.scale must be above 0, got {model.scale}")
    return model


def _known(where: str, given: Mapped[str, Any], kind: type) -> None:
    known = [own.name for own in fields(kind)]
    for key in given:
        if key not in known:
            raise ValueError(f"{where}there is no key {key!r}: {did_you_mean(key, known)}expected {', '.join(known)}")


def _table(where: str, key: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}{key} must be a table, got {value!r}")
    return list(value.items())


def _texts(where: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise ValueError(f"{where} must be a list of text, got {given!r}")
    for text in given:
        odd = set(re.findall(r"\{(.*?)\}", text)) - {"value", "object"}
        if odd:
            raise ValueError(
                f"{where} has {{{odd.pop()}}}: expected {{value}} and {{object}}, and nothing else in braces"
            )
    return tuple(given)


def _value(where: str, given: Any, default: Any) -> Any:
    """A value of the type of the default."""
    if isinstance(default, tuple):
        if where.rpartition(".")[2].endswith("hide"):
            return _texts(where, given)
        if not isinstance(given, list) or len(given) != 3 or not all(_is_number(value) for value in given):
            raise ValueError(f"{where} must be three numbers, got {given!r}")
        return tuple(float(value) for value in given)
    if isinstance(default, float) and _is_number(given):
        return float(given)
    if type(given) is not type(default):
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        raise ValueError(f"{where} must be {names[type(default)]}, got {given!r}")
    return given


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def commands_of(entries: Mapped[str, tuple[str, ...]], value: str, what: str, **words: str) -> list[str]:
    """The commands for a value, `{value}` and what else is given filled in.

    Raises:
        ValueError: neither the value nor `*` has an entry.
    """
    texts = entries.get(value, entries.get(ANY))
    if texts is None:
        raise ValueError(f"the mapping has no {what} {value!r}: add [{what}] {value} = [...], or {ANY} = [...] for all")
    for name, word in {"value": value, **words}.items():
        texts = tuple(text.replace(f"{{{name}}}", word) for text in texts)
    return list(texts)


def model_of(mapping: Mapping, name: str) -> Model:
    """What plays a character or a plinth.

    Raises:
        ValueError: neither it nor `*` has an entry.
    """
    model = mapping.models.get(name, mapping.models.get(ANY))
    if model is None:
        raise ValueError(f"the mapping has no model {name!r}: add [models.{name}] spawn = 'Class' or object = 'Actor'")
    return Model(**{**vars(model), "spawn": model.spawn.replace("{value}", name)})
