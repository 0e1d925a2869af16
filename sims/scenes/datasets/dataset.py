"""The command `umwelt dataset`: renders a specification's pictures, and goes on where it was stopped."""

import errno
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pyarrow as pa
import tyro
from numpy.typing import NDArray

from sims.core.files import MANIFEST, sha256_of, write_atomic
from sims.core.locks import PATIENCE, locked
from sims.core.threads import available_threads
from sims.scenes.datasets.assembling import FORMAT, SETTINGS, assemble
from sims.scenes.datasets.card import write_card
from sims.scenes.datasets.exports import LIBRARIES, export, import_library
from sims.scenes.datasets.plan import Plan, plan_of
from sims.scenes.datasets.progress import Progress
from sims.scenes.datasets.reader import open_dataset
from sims.scenes.datasets.rendering import Job, OpenScene, Task, open_scene, render_tasks
from sims.scenes.datasets.spec import Spec, read_spec
from sims.scenes.datasets.writing import read_record, sweep
from sims.scenes.factors import factors_of

Format = Literal["imagefolder", "webdataset", "huggingface", "coco", "pug-animals", "pug-imagenet", "pug-spar"]

THREADS_A_WORKER = 4
"""Cores that a worker has for itself, unless workers are asked for: on two cores one worker of two threads made 0.63
images a second, two of one thread 0.46."""

MOST_WORKERS = 8
"""Workers that are started unless more are asked for: each has a renderer of its own, and that takes memory."""


@dataclass(frozen=True)
class DatasetSettings:
    """What `umwelt dataset` renders, and where to."""

    spec: Annotated[str, tyro.conf.Positional]
    """A specification in TOML, or the name of one that ships: objects-mini, spar-mini, spurious-mini, invariance-*;
    with the pack `animals` animals-mini, imagenet-mini, realism, animals-full and imagenet-full."""
    out: Path
    """The data set's folder; one that was begun with the same specification is gone on with."""
    workers: int | None = None
    """Processes that render; by default one for every four cores, 8 at most. The pictures don't depend on it."""
    export: tuple[Format, ...] = ()
    """Formats to export it in, beside those that the specification names, into OUT/exports."""
    json: bool = False
    """Print what was made as one JSON document when done."""
    renderer: str | None = None
    """What renders it in place of what the specification says: cycles, unreal, or unreal:MAPPING.toml."""


class Made(NamedTuple):
    """What a call came to.

    Attributes:
        images: that the data set has. rendered: of them in this call. flawed: of them with flaws, as the table says.
        seconds: that the rendering of this call took. manifest: the SHA-256 of the manifest.
    """

    images: int
    rendered: int
    flawed: int
    seconds: float
    manifest: str


def run(settings: DatasetSettings) -> None:
    """Render a data set, or what is missing of it, and export it.

    Raises:
        ValueError: a specification that can't be, a folder of another one, or one that another process works on.
        OSError: the disk is full, or the renderer is not installed.
    """
    spec = read_spec(settings.spec)
    if settings.renderer is not None:
        spec = replace(spec, renderer=settings.renderer)
    formats = tuple(dict.fromkeys((*spec.formats, *settings.export)))
    check_formats(formats, spec)
    made = render_dataset(spec, settings.out, settings.workers)
    exports = [settings.out / "exports" / name for name in formats]
    with locked(settings.out / ".lock", settings.out, PATIENCE):
        data = open_dataset(settings.out)
        for name, target in zip(formats, exports, strict=True):
            if not target.exists():
                export(data, name, target, by=spec.by)
    if not settings.json:
        sys.stderr.write(_in_words(made, settings.out) + "\n")
        return
    document = {"name": spec.name, "out": str(settings.out), **made._asdict(), "exports": list(map(str, exports))}
    document["images_per_second"] = made.rendered / made.seconds if made.rendered else None
    sys.stdout.write(json.dumps(document, indent=1) + "\n")


def check_formats(formats: Sequence[str], spec: Spec) -> None:
    """Refuse, before anything is rendered, formats that could not be written afterwards.

    Raises:
        ValueError: a library that is not installed, or masks that will not be kept.
    """
    for name in formats:
        try:
            import_library(LIBRARIES.get(name, "json"))
        except ImportError as error:
            raise ValueError(f"--export {name}: {error}") from error
    if "coco" in formats and "instance" not in spec.annotations:
        raise ValueError(f"COCO needs masks: add 'instance' to the annotations of {spec.name}")


def _in_words(made: Made, out: Path) -> str:
    flawed = f", {made.flawed} with flaws (see the table's column)" if made.flawed else ""
    return f"{made.images} images in {out}, {made.rendered} rendered now in {made.seconds:.0f} s{flawed}"


def render_dataset(spec: Spec, out: Path, workers: int | None = None, open_scene: OpenScene = open_scene) -> Made:
    """Render what is missing of a data set; its bytes depend on neither workers, order nor interruptions.

    Args:
        spec: what it is made of. out: its folder. workers: processes that render; 1 is this process itself.
        open_scene: opens what is rendered with.

    Raises:
        ValueError: a design that can't be, a folder of another data set, or one that another process works on.
        OSError: the disk is full; what is done stays valid, and the same call goes on with it.
    """
    workers = _checked_workers(workers, spec.renderer)
    plan, order = _planned(spec, open_scene)
    out.mkdir(parents=True, exist_ok=True)
    with locked(out / ".lock", out, PATIENCE):
        sweep(out)
        try:
            _begin(out, spec, plan)
            rendered, seconds = _render(spec, out, plan, order, workers, open_scene)
            return _finish(out, spec, plan, rendered, seconds)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            done = sum(read_record(out, row) is not None for row in range(plan.table.num_rows))
            full = OSError(
                f"the disk of {out} is full: {done} of {plan.table.num_rows} images are done and stay valid; make "
                "room and run the same command again"
            )
            full.errno = errno.ENOSPC
            raise full from error


def _checked_workers(workers: int | None, renderer: str) -> int:
    alone = renderer.partition(":")[0] == "unreal"
    if alone and workers not in (None, 1):
        raise ValueError(
            f"--workers must be 1 with the renderer {renderer!r}, got {workers}: a program shows one scene"
        )
    if alone:
        return 1
    if workers is None:
        return min(max(1, available_threads() // THREADS_A_WORKER), MOST_WORKERS)
    if workers < 1:
        raise ValueError(f"--workers must be at least 1, got {workers}")
    return workers


def _planned(spec: Spec, open_scene: OpenScene) -> tuple[Plan, NDArray[Any]]:
    """The rows, and the order in which to render them."""
    scene = open_scene(spec, 1)
    try:
        plan = plan_of(spec, scene.space, scene.pack)
        return plan, scene.cost_order(plan.table)
    finally:
        scene.close()


def _begin(out: Path, spec: Spec, plan: Plan) -> None:
    """Write the settings of a new data set, or refuse a folder that has others."""
    path = out / SETTINGS
    settings = {
        "format": FORMAT,
        "spec": spec.fixed(),
        "spec_sha256": spec.key(),
        "rows": plan.table.num_rows,
        "plan_sha256": plan.key(),
    }
    if path.exists():
        check_settings(out, settings)
        return
    strangers = [entry.name for entry in out.iterdir() if entry.name != ".lock"]
    if strangers:
        raise ValueError(f"{out} has {strangers[0]!r} in it and is no data set: choose an empty --out")
    settings["made_with"] = {name: metadata.version(name) for name in ("umwelt-sims", "numpy", "pillow", "pyarrow")}
    write_atomic(path, (json.dumps(settings, indent=1) + "\n").encode())


def check_settings(out: Path, settings: dict[str, Any]) -> None:
    """Compare the settings of the data set in `out` with those of this call.

    Raises:
        ValueError: they differ, and the message says in what; or they can't be read.
    """
    try:
        stored = json.loads((out / SETTINGS).read_text())
        was, now = stored["spec"], settings["spec"]
        differ = [name for name in {**was, **now} if was.get(name) != now.get(name)]
        other_rows = stored["plan_sha256"] != settings["plan_sha256"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{out / SETTINGS} is damaged ({error!r}): remove {out}, or choose another --out") from error
    if differ:
        said = "; ".join(f"{name} is {_short(now.get(name))} here and {_short(was.get(name))} there" for name in differ)
        raise ValueError(f"{out} holds a data set of another specification: {said}. Choose another --out")
    if other_rows:
        raise ValueError(
            f"{out} was begun with the same specification but other rows: the pack {stored['spec']['pack']} has "
            "changed since; choose another --out"
        )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 100 else f"{text[:97]}..."


def _render(
    spec: Spec, out: Path, plan: Plan, order: NDArray[Any], workers: int, open_scene: OpenScene
) -> tuple[int, float]:
    """Render what has no record; how many that were, and the seconds it took."""
    factors = plan.table.select(list(factors_of(plan.table)))
    missing = [int(row) for row in order if read_record(out, int(row)) is None]
    if not missing:
        return 0, 0.0
    values = factors.take(pa.array(missing)).to_pylist()
    tasks = [Task(row, own) for row, own in zip(missing, values, strict=True)]
    job = Job(spec, out, max(1, available_threads() // workers), open_scene)
    began = time.monotonic()
    with Progress(spec.name, plan.table.num_rows, plan.table.num_rows - len(missing)) as progress:
        for done in render_tasks(job, tasks, workers):
            progress.add(done.flaws)
    return len(missing), time.monotonic() - began


def _finish(out: Path, spec: Spec, plan: Plan, rendered: int, seconds: float) -> Made:
    records: Sequence[dict[str, Any]] = []
    for row in range(plan.table.num_rows):
        record = read_record(out, row)
        if record is None:
            raise OSError(f"the record of row {row} in {out} is gone: run the same command again")
        records.append(record)
    manifest = assemble(out, spec, plan, records)
    write_card(out, spec, plan, manifest)
    return Made(len(records), rendered, manifest["flawed"], round(seconds, 3), sha256_of(out / MANIFEST))
