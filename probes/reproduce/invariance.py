"""The command `umwelt reproduce invariance`: is invariance learnt from the training data, as is claimed of ImageNet?

Bouchacourt, Ibrahim, Morcos 2021, Grounding inductive biases in natural images: invariance stems from variations in
data. There the networks and the data are as they are, and trained networks are set against untrained ones. Here the
data are rendered twice, with a factor varied and without, so that the claim can be tried directly.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from probes.reproduce.findings import Claim, claims_of, table_of
from probes.reproduce.fitting import RECIPES, Recipe
from probes.reproduce.networks import ARCHITECTURES, Architecture
from probes.reproduce.page import write_invariance_page
from probes.reproduce.pictures import Pictures, load_pictures, rendered
from probes.reproduce.trainings import ARMS, Training, Work, load_runs, train_all
from probes.reproduce.verdict import LEAST_SEEDS
from sims.core.bench import machine
from sims.core.files import write_atomic
from sims.core.locks import PATIENCE, locked
from sims.core.threads import available_threads

SETTINGS, RESULTS, PAGE = "settings.json", "results.json", "index.html"
FORMAT = 1


@dataclass(frozen=True)
class InvarianceSettings:
    """What `umwelt reproduce invariance` trains and asks."""

    name: Annotated[Literal["invariance"], tyro.conf.Positional] = "invariance"
    """Which claim."""
    data: Path = Path("invariance-set")
    """The folder of the rendered pictures; those that are missing are rendered, which takes some 20 minutes."""
    out: Path = Path("invariance")
    """The folder of trainings, results and page; one that was begun with the same settings is gone on with."""
    seeds: int = 3
    """Trainings of each network on each training set, 3 at least."""
    resnet: Recipe = RECIPES["resnet"]
    """How the ResNet learns."""
    vit: Recipe = RECIPES["vit"]
    """How the ViT learns."""
    processes: int = min(2, available_threads())
    """Trainings, or renderers, side by side; the results don't depend on it."""
    resamples: int = 200
    """Of the objects, for the intervals of single networks; 0 for none."""
    json: bool = False
    """Print the results as one JSON document."""


def run(settings: InvarianceSettings) -> None:
    """Render, train and ask what is missing; write `results.json` and the page into OUT.

    Raises:
        ValueError: settings that can't be, a folder of other settings, or one that another process works on.
        OSError: the renderer is not installed, or the disk is full.
    """
    if settings.seeds < LEAST_SEEDS:
        raise ValueError(f"--seeds must be at least {LEAST_SEEDS}, got {settings.seeds}: an interval needs as many")
    if settings.processes < 1:
        raise ValueError(f"--processes must be at least 1, got {settings.processes}")
    settings.out.mkdir(parents=True, exist_ok=True)
    with locked(settings.out / ".lock", settings.out, PATIENCE):
        claims, results = _reproduce(settings)
    if settings.json:
        sys.stdout.write(json.dumps(results) + "\n")
    else:
        lines = [line for claim in claims for line in _in_words(claim)]
        sys.stdout.write("\n".join([*lines, f"The page: {(settings.out / PAGE).resolve()}", ""]))


def _reproduce(settings: InvarianceSettings) -> tuple[list[Claim], dict[str, Any]]:
    """Do what is missing and write everything down; the claims, and the results as JSON has them."""
    began = time.perf_counter()
    rendered(settings.data, settings.processes)
    pictures = load_pictures(settings.data)
    recipes: dict[Architecture, Recipe] = {"resnet": settings.resnet, "vit": settings.vit}
    work = Work(settings.data, settings.out, recipes, settings.resamples)
    _begin(work, pictures)
    trainings = [Training(a, arm, seed) for seed in range(settings.seeds) for arm in ARMS for a in ARCHITECTURES]
    made = train_all(work, pictures, trainings, settings.processes, _say)
    runs = load_runs(work, trainings)
    claims = claims_of(runs)
    results = {
        "command": "umwelt reproduce invariance",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "seeds": list(range(settings.seeds)),
        "processes": settings.processes,
        "trainings": {"all": len(trainings), "of_this_call": made},
        "seconds_of_this_call": time.perf_counter() - began,
        "cpu_seconds_of_all_trainings": sum(run["cpu_seconds"] for run in runs.values()),
        "recipes": {name: asdict(recipe) for name, recipe in recipes.items()},
        "pictures": {name: len(part.labels) for name, part in pictures.train.items()}
        | {"test": len(pictures.test.labels)},
        "verdict": claims[0].verdict,
        "claims": [claim.document() for claim in claims],
        "table": table_of(runs),
    }
    results = _rounded(results)
    write_atomic(settings.out / RESULTS, (json.dumps(results, indent=1) + "\n").encode())
    write_invariance_page(settings.out / PAGE, claims, results, pictures)
    return claims, results


def _in_words(claim: Claim) -> list[str]:
    """What is found of a claim: it, its verdict, and each difference with its interval."""
    lines = [f"{claim.name}: {claim.verdict}", f"  the paper: {claim.paper}", f"  here: {claim.asked}"]
    for place, found in claim.places.items():
        low, high = found.interval
        lines.append(f"    {place:50} {found.score:+.3f} [{low:+.3f}, {high:+.3f}]  {claim.verdicts[place]}")
    return lines


def _begin(work: Work, pictures: Pictures) -> None:
    """Write down what the trainings of a new folder are made with, or refuse a folder that was begun with other."""
    path = work.out / SETTINGS
    now = {
        "format": FORMAT,
        "pictures": dict(pictures.sha256),
        "recipes": {name: asdict(recipe) for name, recipe in work.recipes.items()},
        "resamples": work.n_resamples,
    }
    if not path.exists():
        write_atomic(path, (json.dumps(now, indent=1) + "\n").encode())
        return
    try:
        was = json.loads(path.read_text())
        differ = [name for name in now if was[name] != now[name]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error!r}): remove {work.out}, or choose another --out") from error
    if differ:
        raise ValueError(
            f"{work.out} was begun with other {', '.join(differ)}: {', '.join(f'{was[n]} there' for n in differ)}, "
            f"{', '.join(f'{now[n]} here' for n in differ)}; choose another --out"
        )


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _rounded(value: Any) -> Any:
    """Numbers with four digits behind the point, which is more than any of them is sure of."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value
