"""Specifications of data sets: what is in a `SPEC.toml`, read strictly."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from sims.core.hints import did_you_mean
from sims.scenes.named import DESIGNS

ANNOTATIONS = ("depth", "ray_depth", "normals", "instance", "semantic", "albedo")
"""What can be kept of a picture beside itself; the names are those of `Rendered`."""

FORMATS = ("imagefolder", "webdataset", "huggingface", "coco", "pug-animals", "pug-imagenet", "pug-spar")
"""What a data set can be exported as."""


class Parameters(NamedTuple):
    """The keys that a kind of design or shift takes beside `kind`."""

    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


DESIGN_KINDS: dict[str, Parameters] = {
    "full_factorial": Parameters(optional=("levels",)),
    "one_at_a_time": Parameters(optional=("levels", "around", "for_each", "looks")),
    "random": Parameters(("n",), ("looks",)),
    "latin_hypercube": Parameters(("n",), ("looks",)),
    "list": Parameters(("rows",)),
    "relations": Parameters(optional=("relations", "attributes")),
    **{name: Parameters() for name in DESIGNS},
}
SHIFT_KINDS: dict[str, Parameters] = {
    "hold_out_values": Parameters(("values",)),
    "hold_out_combinations": Parameters(("factors", "share"), ("seed",)),
    "spurious": Parameters(("factor", "other", "rho"), ("seed", "n")),
    "long_tail": Parameters(("factor", "ratio"), ("seed",)),
}
TYPES: dict[str, tuple[type, ...]] = {
    "around": (dict,),
    "attributes": (list,),
    "factor": (str,),
    "factors": (list,),
    "for_each": (list,),
    "levels": (dict,),
    "looks": (bool,),
    "n": (int,),
    "other": (str,),
    "ratio": (int, float),
    "relations": (list,),
    "rho": (int, float),
    "rows": (list,),
    "seed": (int,),
    "share": (int, float),
    "values": (dict,),
}
"""Types of the parameters of designs and shifts."""

NOT_THE_PICTURES = ("formats", "by", "title", "description")
"""Parts of a specification that may change without a picture or the table changing."""


@dataclass(frozen=True)
class Spec:
    """What a data set is made of; `sims.scenes.datasets.plan` makes rows of it with a pack's factors.

    Args:
        name: letters, digits, `-` and `_`. pack, renderer: as for `sims.scenes.scene.Scene`.
        size: of the pictures' sides, in pixels. samples: rays a pixel.
        seed: of the pictures' samples, of random designs and, where a shift names none, of shifts.
        annotations: some of ANNOTATIONS. factors, design, shift: the sections of those names, as TOML has them.
        formats: some of FORMATS. by: the factor whose values are the classes of `imagefolder`.
        title, description: of the card.
    """

    name: str
    pack: str = "basic"
    renderer: str = "cycles"
    size: int = 224
    samples: int = 16
    seed: int = 0
    annotations: tuple[str, ...] = ()
    factors: Mapping[str, Any] = field(default_factory=dict)
    design: Mapping[str, Any] = field(default_factory=lambda: {"kind": "full_factorial"})
    shift: Mapping[str, Any] | None = None
    formats: tuple[str, ...] = ()
    by: str = "character_name"
    title: str = ""
    description: str = ""

    def fixed(self) -> dict[str, Any]:
        """What the pictures and the table depend on, as JSON's own types."""
        values = {name: value for name, value in asdict(self).items() if name not in NOT_THE_PICTURES}
        return json.loads(json.dumps(values))

    def key(self) -> str:
        """The SHA-256 of `fixed`, in hexadecimal."""
        return hashlib.sha256(json.dumps(self.fixed(), sort_keys=True).encode()).hexdigest()


def named_specs() -> tuple[str, ...]:
    """The names of the specifications that ship."""
    folder = resources.files("sims.scenes.datasets") / "specs"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def read_spec(source: str | Path) -> Spec:
    """The specification of that name, or in the file at that path.

    Raises:
        ValueError: there is none, or something in it can't be; the message names the line.
    """
    path = Path(source)
    if path.suffix != ".toml":
        if str(source) not in named_specs():
            raise ValueError(
                f"there is no specification {str(source)!r}: expected a file *.toml, or one of "
                f"{', '.join(named_specs())}"
            )
        return parse_spec(
            (resources.files("sims.scenes.datasets") / "specs" / f"{source}.toml").read_text(), str(source)
        )
    if not path.is_file():
        raise ValueError(f"there is no file {path}: expected a specification in TOML, or one of {_listed()}")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text ({error}): expected a specification in TOML") from error
    return parse_spec(text, str(path))


def _listed() -> str:
    return ", ".join(named_specs())


def parse_spec(text: str, where: str = "the specification") -> Spec:
    """The specification that `text`, TOML, holds; `where` begins what errors say.

    Raises:
        ValueError: it is no TOML, has an unknown or misses a needed key, or a value that can't be.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{where} is no TOML: {error}") from error
    try:
        return _spec_of(document)
    except SpecError as error:
        line = _line_of(text, error.section, error.key)
        raise ValueError(f"{where}{f', line {line}' if line else ''}: {error}") from error


class SpecError(ValueError):
    """Something in a specification that can't be.

    Args:
        section, key: where it stands; either may be empty. message: what is wrong with it.
    """

    def __init__(self, section: str, key: str, message: str) -> None:
        super().__init__(message)
        self.section, self.key = section, key


def _spec_of(document: dict[str, Any]) -> Spec:
    try:
        json.dumps(document)
    except TypeError as error:
        raise SpecError("", "", f"it has a value that is no text, number, list or table ({error})") from error
    sections = ("factors", "design", "shift", "export", "card")
    plain = ("name", "pack", "renderer", "size", "samples", "seed", "annotations")
    _check_keys("", document, (*plain, *sections))
    for name in sections:
        _check_type("", name, document.get(name, {}), (dict,))
    export, card = document.get("export", {}), document.get("card", {})
    _check_keys("export", export, ("formats", "by"))
    _check_keys("card", card, ("title", "description"))
    for section, values in (("export", {"by": export.get("by", "")}), ("card", card)):
        for key, value in values.items():
            _check_type(section, key, value, (str,))
    given = {name: document[name] for name in plain if name in document}
    _check_plain(given)
    return Spec(
        **{**given, "annotations": _some("", "annotations", document.get("annotations", []), ANNOTATIONS)},
        factors=document.get("factors", {}),
        design=_kind("design", document.get("design", {"kind": "full_factorial"}), DESIGN_KINDS),
        shift=_kind("shift", document["shift"], SHIFT_KINDS) if "shift" in document else None,
        formats=_some("export", "formats", export.get("formats", []), FORMATS),
        by=export.get("by", "character_name"),
        title=card.get("title", ""),
        description=card.get("description", ""),
    )


def _check_plain(given: Mapping[str, Any]) -> None:
    if "name" not in given:
        raise SpecError("", "", 'it has no name: write name = "my-pictures" at its top')
    for key in ("name", "pack", "renderer"):
        _check_type("", key, given.get(key, ""), (str,))
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", given["name"]):
        raise SpecError("", "name", f"name must be letters, digits, - and _, got {given['name']!r}")
    for key, least in (("size", 16), ("samples", 1), ("seed", 0)):
        value = given.get(key, least)
        _check_type("", key, value, (int,))
        if value < least or value >= 2**31:
            raise SpecError("", key, f"{key} must be a whole number from {least}, got {value}")


def _kind(section: str, given: Mapping[str, Any], kinds: Mapping[str, Parameters]) -> dict[str, Any]:
    """A design or a shift with the keys that its kind takes."""
    kind = given.get("kind", "")
    if not isinstance(kind, str) or kind not in kinds:
        near = did_you_mean(str(kind), kinds)
        raise SpecError(section, "kind", f"{section}.kind is {kind!r}: {near}expected one of {', '.join(kinds)}")
    _check_keys(section, given, ("kind", *kinds[kind].needed, *kinds[kind].optional))
    missing = [key for key in kinds[kind].needed if key not in given]
    if missing:
        raise SpecError(section, "kind", f"a {section} of kind {kind!r} needs {', '.join(missing)}: add it to it")
    for key, value in given.items():
        if key != "kind":
            _check_type(section, key, value, TYPES[key])
    return dict(given)


def _some(section: str, key: str, given: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    """A list of known words, each once."""
    _check_type(section, key, given, (list,))
    for word in given:
        if word not in known:
            raise SpecError(
                section, key, f"{key} has {word!r}: {did_you_mean(str(word), known)}expected some of {', '.join(known)}"
            )
    return tuple(dict.fromkeys(given))


def _check_keys(section: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    known = tuple(known)
    for key in given:
        if key not in known:
            inside = f"[{section}]" if section else "it"
            raise SpecError(
                section,
                key,
                f"{inside} has a key {key!r}: {did_you_mean(key, known)}expected some of {', '.join(known)}",
            )


def _check_type(section: str, key: str, value: Any, types: tuple[type, ...]) -> None:
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        names = {
            int: "a whole number",
            float: "a number",
            str: "text",
            list: "a list",
            dict: "a table",
            bool: "true or false",
        }
        expected = " or ".join(names[kind] for kind in types)
        raise SpecError(section, key, f"{f'{section}.' if section else ''}{key} must be {expected}, got {value!r}")


def _line_of(text: str, section: str, key: str) -> int | None:
    """The number of the line that sets `key` in `section`, or of the section's head; None if neither is found."""
    inside, head = not section, None
    for k, line in enumerate(text.splitlines(), 1):
        heading = re.match(r"\s*\[+\s*([^]]+?)\s*]", line)
        if heading:
            inside = heading[1] == section or (not section and heading[1] == key)
            head = k if inside else head
            if inside and heading[1] == key:
                return k
        elif inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return k
    return head
