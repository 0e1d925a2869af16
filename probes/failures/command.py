"""The command `umwelt probe failures`: a live scene searched for settings on which an image model is wrong."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from probes.failures.folder import LOCK, begin, write_manifest
from probes.failures.looks import LOOKS, Look, Looks, Verdict, picture_of, verdict_of
from probes.failures.naming import OBJECT, Searched, class_names, searched
from probes.failures.page import RATE_HEAD, SELECTED, Shown, rate_rows, rounded, sections_of
from probes.failures.searching import check_search, search
from probes.failures.strategies import Name
from probes.report import write_page
from probes.vision.interface import ImageModel
from probes.vision.models import find_modules_here, load_model, short_name
from sims.core.bench import machine
from sims.core.files import MANIFEST, check_folder, write_atomic
from sims.core.locks import PATIENCE, locked
from sims.scenes.datasets.writing import sweep
from sims.scenes.rendered import Rendered
from sims.scenes.scene import Scene

LINE_EVERY = 10.0
"""Seconds between two lines of progress."""

TOLD = 12
"""Failures that the terminal shows."""

RESULTS, PAGE = "results.json", "index.html"
OF_THE_CALL = ("out", "json", "device")
"""Settings that belong to a call of the command and not to the search."""


@dataclass(frozen=True)
class FailuresSettings:
    """What `umwelt probe failures` searches, and with how many renders."""

    model: str
    """`package.module:function` that returns a PyTorch module, or it and its interface (see
    `probes.vision.models.load_model`), such as probes.vision.pretrained:efficientnet_lite0; or the path of an ONNX
    file. Modules in this folder are found too."""
    factors: tuple[str, ...] = (
        "world_name",
        "camera_yaw",
        "camera_pitch=0:60",
        "camera_distance=2:5",
        "character_texture",
        "scene_light",
    )
    """What may change: a factor's name, with or without a range (camera_pitch=0:60) or values (scene_light=Blue,Dim).
    character_name searches over all objects that the model can name."""
    base: tuple[str, ...] = ()
    """The scene that the search goes out from, such as character_name=Teapot world_name=Kitchen; what is left out is at
    its default."""
    strategies: tuple[Name, ...] = ("random", "one-at-a-time", "optuna")
    """How to search; each has its part of the budget."""
    budget: int = 120
    """Renders in all, never more: one for every picture, one more for every failure, to prove it."""
    out: Path | None = None
    """The folder for results.json, index.html and the pictures; runs/failures/MODEL by default. A call that was stopped
    is gone on with."""
    pack: str = "basic"
    """`basic`, or a folder of GLB, glTF or OBJ files."""
    renderer: str = "cycles"
    """What makes the pictures."""
    pixels: int = 224
    """Of pictures, a side."""
    samples: int = 16
    """Rays a pixel."""
    shown: int = 24
    """Failures in the page's picture, those with the smallest margins."""
    size: int | None = None
    """Pixels a side that go into the model, instead of what it says of itself; for ONNX files of other people, as
    `mean` and `std` are."""
    mean: tuple[float, float, float] | None = None
    """Of channels from 0 to 1, taken off."""
    std: tuple[float, float, float] | None = None
    """Of channels from 0 to 1, divided by."""
    classes: tuple[str, ...] | None = None
    """Names of the logits in order, the objects' own where they are to be right; none means ImageNet-1k's numbers."""
    device: str = "cpu"
    """Where PyTorch models are computed: cpu, cuda, cuda:1."""
    seed: int = 0
    """Of all that is drawn."""
    json: bool = False
    """Print one JSON document instead of tables."""


OpenScene = Callable[[FailuresSettings], Scene]


def open_scene(settings: FailuresSettings) -> Scene:
    """The scene that the settings name.

    Raises:
        ValueError: no such pack or renderer. FileNotFoundError: the renderer is not installed.
    """
    size, samples = settings.pixels, settings.samples
    return Scene(settings.pack, settings.renderer, width=size, height=size, samples=samples)


def run(settings: FailuresSettings, open_scene: OpenScene = open_scene) -> None:
    """Search, write the pictures, results.json, index.html and last the manifest, and print what was found.

    Args:
        open_scene: opens what is rendered with; a second one proves the failures.

    Raises:
        ValueError: a model, a factor or a setting that can't be, or a folder of another search or in use.
        FileNotFoundError: no such file, or no renderer; the message says how to get it.
    """
    check_search(settings.strategies, settings.budget)
    if settings.shown < 1:
        raise ValueError(f"--shown must be at least 1, got {settings.shown}")
    find_modules_here()
    given = {name: getattr(settings, name) for name in ("size", "mean", "std", "classes", "device")}
    model = load_model(settings.model, **given)
    out = settings.out or Path("runs") / "failures" / short_name(settings.model)
    with open_scene(settings) as scene:
        part = searched(scene.space, scene.pack, settings.factors, settings.base, model.classes)
        out.mkdir(parents=True, exist_ok=True)
        with locked(out / LOCK, out, PATIENCE):
            sweep(out)
            begin(out, _identity(settings, model, scene, part))
            if not (out / MANIFEST).is_file():
                _search(settings, out, model, scene, part, open_scene)
            check_folder(out)
    text = (out / RESULTS).read_text()
    sys.stdout.write(text if settings.json else _tables(json.loads(text), out))


def _search(
    settings: FailuresSettings, out: Path, model: ImageModel, scene: Scene, part: Searched, open_scene: OpenScene
) -> None:
    began = time.monotonic()

    def judge(seen: Rendered) -> Verdict:
        return verdict_of(model.logits(seen.image[None])[0], part.right[seen.factors[OBJECT]])

    looks = Looks(out, scene.render, judge)
    fresh: list[Scene] = []

    def again(factors: Mapping[str, Any]) -> Rendered:
        if not fresh:
            fresh.append(open_scene(settings))
        return fresh[0].render(factors)

    try:
        found = search(looks, part, settings.strategies, settings.budget, settings.seed, again, _progress())
    finally:
        for opened in fresh:
            opened.close()
    page = Shown(part, found, looks, class_names(scene.pack, part.right, model.classes))
    document = _document(settings, model, page, time.monotonic() - began)
    write_atomic(out / RESULTS, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())
    lead = f"{settings.model}: {len(found.failures)} failures found in {found.renders} of {settings.budget} renders."
    foot = f"{document['seconds']:.0f} s; {machine()}. All numbers and settings are in {RESULTS}, pictures in {LOOKS}/."
    write_page(out / PAGE, f"Where {short_name(settings.model)} fails", lead, sections_of(page, settings.shown), foot)
    write_manifest(out)


def _identity(settings: FailuresSettings, model: ImageModel, scene: Scene, part: Searched) -> dict[str, Any]:
    """What two calls must have in common to be of one search."""
    objects, worlds = ([str(value) for value in part.values(name)] for name in (OBJECT, "world_name"))
    return {
        **{name: value for name, value in _plain(settings).items() if name not in OF_THE_CALL},
        "weights_sha256": model.fingerprint,
        "pack_sha256": scene.pack.fingerprint(objects, worlds),
    }


def _document(settings: FailuresSettings, model: ImageModel, page: Shown, seconds: float) -> dict[str, Any]:
    """All that was found, as JSON."""
    found = page.found
    return {
        "settings": _plain(settings),
        "weights_sha256": model.fingerprint,
        "machine": machine(),
        "seconds": seconds,
        "factors": {factor.name: factor.describe() for factor in page.part.space.factors},
        "base": _described(page, found.base),
        "renders": {
            "budget": settings.budget,
            "made": found.renders,
            "looking": found.renders - len(found.failures),
            "proving": len(found.failures),
        },
        "strategies": found.documents(),
        "selected": SELECTED,
        "failures": [
            {
                **_described(page, look),
                "found_by": found.found_by(look),
                "reproduced": found.reproduced[look.key],
            }
            for look in found.failures
        ],
    }


def _described(page: Shown, look: Look) -> dict[str, Any]:
    right = page.part.right[str(look.factors[OBJECT])]
    names = {"said_name": page.names[look.verdict.said], "right_names": [page.names[k] for k in right]}
    return {**look.document(), **names, "right_classes": list(right), "picture": picture_of(look)}


def _plain(settings: FailuresSettings) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(settings), default=str))


def _progress() -> Callable[[str], None]:
    spoke = time.monotonic()

    def say(line: str) -> None:
        nonlocal spoke
        if time.monotonic() - spoke > LINE_EVERY:
            spoke = time.monotonic()
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    return say


def _tables(document: Mapping[str, Any], out: Path) -> str:
    """What was found, for a terminal."""
    rates, failures = Table(*RATE_HEAD), Table("failure", "it says", "margin", *document["factors"], "same bytes again")
    for row in rate_rows(document["strategies"]):
        rates.add_row(*row)
    for k, found in enumerate(document["failures"][:TOLD]):
        verdict, proved = found["verdict"], "yes" if found["reproduced"] else "NO"
        said = f"{found['said_name']} {verdict['confidence']:.2f}"
        values = [rounded(found["factors"][name]) for name in document["factors"]]
        failures.add_row(str(k + 1), said, f"{verdict['margin']:.2f}", *values, proved)
    console = Console(width=150, file=sys.stdout)
    with console.capture() as capture:
        console.print(rates)
        console.print(SELECTED, markup=False)
        if document["failures"]:
            console.print(failures)
        renders = document["renders"]
        console.print(
            f"{len(document['failures'])} failures, {renders['made']} of {renders['budget']} renders; {out / PAGE}",
            markup=False,
        )
    return capture.get()
