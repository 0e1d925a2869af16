"""The command `umwelt probe vision`: an image model asked about a data set whose every factor is known."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from probes.report import Section, write_page
from probes.vision.activations import pictures_sha256, write_activations
from probes.vision.asking import Answers, On, ask
from probes.vision.interface import Pooling
from probes.vision.models import find_modules_here, load_model, short_name
from probes.vision.pages import captions_section, interval_of, sections_of
from probes.vision.predictions import Among
from probes.vision.retrieval import Retrieval, ask_captions, load_towers
from sims.core.bench import machine
from sims.core.files import write_atomic
from sims.scenes.datasets.reader import SceneDataset, open_dataset

LINE_EVERY = 10.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True)
class VisionSettings:
    """What `umwelt probe vision` asks of which model."""

    model: str
    """`package.module:function` that returns a PyTorch module, or it and its interface (see
    `probes.vision.models.load_model`), such as probes.vision.pretrained:efficientnet_lite0; or the path of an ONNX
    file. Modules in this folder are found too."""
    dataset: Path
    """A folder that `umwelt dataset` made, or one of PUG's, unpacked."""
    out: Path | None = None
    """The folder for results.json, index.html and the activations; runs/vision/MODEL-DATASET by default. A call that
    was stopped is gone on with."""
    ask: Literal["classes", "captions"] = "classes"
    """`captions`: of a data set of relations, for a model with image_features(images) and text_features(captions)."""
    layers: tuple[str, ...] | None = None
    """Name patterns of layers, such as blocks.*; * stops at dots. By default what the model names, or its own parts."""
    pooling: Pooling = "mean"
    """`mean` over space or tokens, or `flat`: every unit."""
    label: str | None = None
    """The factor that is to be named; the one whose values are the model's classes by default."""
    among: Among = "all"
    """What the model chooses among: `all` its classes, or the data set's `own`."""
    on: On = "test"
    """The split that is asked about, where the data set has splits."""
    flawed: bool = False
    """Ask about pictures with flaws too, say of an object that is out of sight."""
    size: int | None = None
    """Pixels a side that go in, instead of what the model says of itself; for ONNX files of other people, as `mean` and
    `std` are."""
    mean: tuple[float, float, float] | None = None
    """Of channels from 0 to 1, taken off."""
    std: tuple[float, float, float] | None = None
    """Of channels from 0 to 1, divided by."""
    classes: tuple[str, ...] | None = None
    """Names of the logits in order; none means ImageNet-1k's numbers."""
    device: str = "cpu"
    """Where PyTorch models are computed: cpu, cuda, cuda:1."""
    batch: int = 32
    """Pictures at once."""
    pairs: int = 2000
    """Pairs of pictures of each change, at most; decoders get five times as many pictures."""
    components: int = 64
    """Principal components of a layer that decoders read, at most a quarter of the pictures."""
    resamples: int = 1000
    """Of whole objects, for 95 % intervals; 0 for none."""
    least: int = 10
    """Pictures that a group must have to be the worst."""
    failures: int = 24
    """Pictures that the page shows the model failing on, the surest first."""
    options: int = 4
    """Captions to choose from, at most."""
    seed: int = 0
    """Of all that is drawn: pairs, folds, resamples, places of captions."""
    json: bool = False
    """Print one JSON document instead of tables."""


def run(settings: VisionSettings) -> None:
    """Look at the pictures, ask, write results.json and index.html, and print the answers.

    Raises:
        ValueError: a model, a data set or a setting that can't be. FileNotFoundError: there is no such file or folder.
    """
    find_modules_here()
    data = open_dataset(settings.dataset)
    kept = data if settings.flawed else data.sound()
    _check(settings, data, kept)
    out = settings.out or Path("runs") / "vision" / f"{short_name(settings.model)}-{settings.dataset.resolve().name}"
    asked = _ask_captions if settings.ask == "captions" else _ask_classes
    answers, sections, tables, shown = asked(settings, kept, out)
    document = {
        "model": settings.model,
        "dataset": {
            "name": data.about.get("name"),
            "pictures": len(data),
            "left_out_for_flaws": len(data) - len(kept),
            "sha256": pictures_sha256(kept),
        },
        "settings": {
            name: str(value) if isinstance(value, Path) else value for name, value in asdict(settings).items()
        },
        "machine": machine(),
        **answers,
    }
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    out.mkdir(parents=True, exist_ok=True)
    write_atomic(out / "results.json", text.encode())
    lead = f"{settings.model} asked about {document['dataset']['name']}: {shown}"
    foot = f"{_numbers(answers['seconds'])}; {machine()}. All numbers are in results.json."
    write_page(out / "index.html", f"What {short_name(settings.model)} sees", lead, sections, foot)
    say(f"the page is {out / 'index.html'}")
    sys.stdout.write(text if settings.json else tables)


def say(line: str) -> None:
    """Say on standard error what is done."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _check(settings: VisionSettings, data: SceneDataset, kept: SceneDataset) -> None:
    for name, least in (("batch", 1), ("pairs", 2), ("components", 1), ("resamples", 0), ("least", 1), ("failures", 0)):
        if getattr(settings, name) < least:
            raise ValueError(f"--{name} must be at least {least}, got {getattr(settings, name)}")
    if not len(kept):
        raise ValueError(f"all {len(data)} pictures of {settings.dataset} have flaws: ask about them with --flawed")


Asked = tuple[dict[str, Any], list[Section], str, str]
"""The answers as JSON, the page's sections, tables for the terminal, and a line about the pictures."""


def _ask_classes(settings: VisionSettings, data: SceneDataset, out: Path) -> Asked:
    model = load_model(
        settings.model,
        size=settings.size,
        mean=settings.mean,
        std=settings.std,
        classes=settings.classes,
        device=settings.device,
    )
    began = time.monotonic()
    activations = write_activations(
        model, data, out / "activations", settings.layers, settings.pooling, settings.batch, _progress()
    )
    looked = time.monotonic()
    shared = ("label", "among", "on", "pairs", "components", "resamples", "least", "failures", "seed")
    answers = ask(data, activations, model.classes, **{name: getattr(settings, name) for name in shared}, say=say)
    sections = sections_of(answers)
    seconds = {"looking": looked - began, "asking": time.monotonic() - looked}
    document = {"weights_sha256": model.fingerprint, "seconds": seconds, **answers.document()}
    split = f" of its split {settings.on}" if data.splits and settings.on != "all" else ""
    shown = f"{len(answers.pictures.rows)} pictures{split}, of {document['objects']} objects."
    return document, sections, _tables(answers), shown


def _ask_captions(settings: VisionSettings, data: SceneDataset, out: Path) -> Asked:
    began = time.monotonic()
    found = ask_captions(load_towers(settings.model), data, settings.options, settings.seed, settings.batch)
    document = {
        "seconds": {"asking": time.monotonic() - began},
        "captions": {kind: each.document() for kind, each in found.by_kind.items()},
    }
    shown = f"{len(found.questions)} questions about {len(data)} pictures."
    return document, [captions_section(found)], _captions_table(found), shown


def _progress() -> Callable[[int, int], None]:
    spoke = time.monotonic()

    def told(done: int, n: int) -> None:
        nonlocal spoke
        if done == n or time.monotonic() - spoke > LINE_EVERY:
            spoke = time.monotonic()
            say(f"looked at {done} of {n} pictures")

    return told


def _tables(answers: Answers) -> str:
    """The main answers, for a terminal."""
    console = Console(width=150, file=sys.stdout)
    with console.capture() as capture:
        if answers.said is not None:
            table = Table("what it says", "share", "95 %", "chance", "pictures")
            for name, each in answers.said.overall.items():
                chance = "" if each.chance is None else f"{each.chance:.3f}"
                table.add_row(name, f"{each.score:.3f}", interval_of(each), chance, str(each.n))
            console.print(table)
        for title, found in (("invariance", answers.layers.invariance), ("decoded", answers.layers.decodability)):
            table = Table(title, *answers.layers.names)
            for name, by_layer in found.items():
                cells = [f"{by_layer[layer].score:.2f}" if layer in by_layer else "-" for layer in answers.layers.names]
                table.add_row(name, *cells)
            console.print(table)
        for what, why in answers.refused.items():
            console.print(f"left out: {what}: {why}", markup=False)
    return capture.get()


def _captions_table(found: Retrieval) -> str:
    console = Console(width=150, file=sys.stdout)
    table = Table("captions", "right", "95 %", "chance", "questions")
    for kind, each in found.by_kind.items():
        table.add_row(kind, f"{each.score:.3f}", interval_of(each), f"{each.chance:.3f}", str(each.n))
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def _numbers(seconds: Mapping[str, float]) -> str:
    return ", ".join(f"{name} took {value:.0f} s" for name, value in seconds.items())
