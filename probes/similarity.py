"""The command `umwelt probe similarity`: how alike networks are inside, shown the same walks or the same pictures."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import tyro
from numpy.typing import NDArray

from agents.baselines import pretrained_folder
from agents.checkpoint import CHECKPOINTS, load_agent
from agents.evaluate import env_for
from agents.policy import RecurrentPolicy
from agents.processes import prepared_cpu
from probes.measures import Measurement
from probes.measures.similarity import MEASURES, compare, procrustes
from probes.record import untrained_twin
from probes.report import write_page
from probes.similarity_page import similarity_sections, similarity_tables
from probes.vision.models import find_modules_here, load_model, short_name
from probes.vision.subject import Pictures, pictures_of
from probes.walked import Walk, memories, walk
from sims.core.bench import machine
from sims.core.files import write_atomic
from sims.core.threads import available_threads
from sims.scenes.datasets.reader import open_dataset

UNTRAINED = "untrained"
"""An agent of the first one's kind that never learned: what being shown the same makes alike."""

SHUFFLES = 10
"""For the chance of Procrustes, which has no closed form."""

BATCH = 64
"""Pictures that a model is shown at once."""

Parts = Mapping[str, NDArray[np.float32]]
"""Of one network: activations `[sample, unit]` by the name of the part."""


@dataclass(frozen=True)
class SimilaritySettings:
    """What `umwelt probe similarity` compares."""

    networks: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Two or more: runs of `umwelt train`, checkpoints of them (RUN/checkpoints/step-...), names of agents that ship,
    or with --dataset image models (`package.module:function`). With --training one run. An untrained agent of the
    first one's kind goes beside agents."""
    training: bool = False
    """Compare the checkpoints of one run with its last: which parts settle first? Train with --keep-checkpoints 0."""
    dataset: Path | None = None
    """A folder that `umwelt dataset` made, whose pictures image models are shown."""
    out: Path = Path("runs/similarity")
    """The folder for results.json and index.html."""
    layouts: tuple[str, ...] = ("houses:1000000-1000100",)
    """Floors that agents are walked on."""
    episodes: int = 250
    """Walks; the first agent walks, and all are shown what it saw."""
    moments: int = 20
    """Of each walk, at which memories are compared."""
    max_steps: int = 2000
    """Steps after which a walk ends."""
    resamples: int = 40
    """Halves of the floors, or of the objects, for 95 % intervals; 0 for none."""
    seed: int = 0
    """Of the walks and the halves."""
    json: bool = False
    """Print one JSON document instead of tables."""


class Comparison(NamedTuple):
    """One part of some networks.

    Attributes:
        names: of the networks. measured: by measure, `[row][column]`; PWCCA's row is whose units weigh. Where a measure
            refused there is the reason.
    """

    names: list[str]
    measured: dict[str, list[list[Measurement | str]]]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        cells = {
            name: [[c if isinstance(c, str) else c.document() for c in row] for row in rows]
            for name, rows in self.measured.items()
        }
        return {"networks": self.names, "measures": cells}


def run(settings: SimilaritySettings) -> None:
    """Walk or look, compare, write results.json and index.html, and print the answers.

    Raises:
        ValueError: networks or settings that can't be compared. FileNotFoundError: there is no such run.
    """
    began = time.perf_counter()
    check(settings)
    with prepared_cpu(available_threads()):
        compared = compare_networks(settings, _say)
    document = {
        "settings": {name: str(v) if isinstance(v, Path) else v for name, v in asdict(settings).items()},
        "seconds": round(time.perf_counter() - began, 1),
        "machine": machine(),
        "parts": {part: each.document() for part, each in compared.items()},
    }
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    settings.out.mkdir(parents=True, exist_ok=True)
    write_atomic(settings.out / "results.json", text.encode())
    lead = "Networks that were shown the same, compared by their insides; 95 % intervals over floors or objects."
    foot = f"{document['seconds']:.0f} s; {machine()}. All numbers are in results.json."
    sections = similarity_sections(compared, settings.training)
    write_page(settings.out / "index.html", "How alike networks are", lead, sections, foot)
    _say(f"the page is {settings.out / 'index.html'}")
    sys.stdout.write(text if settings.json else similarity_tables(compared))


def check(settings: SimilaritySettings) -> None:
    """Refuse settings that can't be.

    Raises:
        ValueError: naming the setting and the cure.
    """
    n, pictures = len(settings.networks), settings.dataset is not None
    if settings.training and (n != 1 or pictures):
        raise ValueError(f"--training compares the checkpoints of one run, got {n} networks: name one run alone")
    if not settings.training and n < (1 if pictures else 2):
        raise ValueError(f"similarity compares two networks or more, got {n}: name another, or add --training")
    if len(set(settings.networks)) < n:
        raise ValueError("a network is named twice: every measure of it with itself is known, so name others")
    for name, least in (("episodes", 1), ("moments", 1), ("max_steps", 1), ("resamples", 0)):
        if getattr(settings, name) < least:
            raise ValueError(
                f"--{name.replace('_', '-')} must be at least {least}, got {getattr(settings, name)}: leave it out"
            )


def compare_networks(
    settings: SimilaritySettings, say: Callable[[str], None] = lambda line: None
) -> dict[str, Comparison]:
    """By part of the networks, all of them against each other (or with --training against the last)."""
    if settings.dataset is not None:
        shown, pictures = _shown(settings, settings.dataset, say)
        clusters, parts = np.unique(pictures.assets, return_inverse=True)[1], {"layers": shown}
        n_resamples = pictures.resamples(settings.resamples)
    else:
        policies = {name: RecurrentPolicy(load_agent(path)) for name, path in _folders(settings).items()}
        if not settings.training:  # whose first checkpoint is that already
            first = next(iter(policies.values())).agent
            policies[UNTRAINED] = RecurrentPolicy(untrained_twin(first, settings.seed + 1))
        walked, n_resamples = _walked(settings, policies), settings.resamples
        clusters = walked.floors()
        insides = {}
        for name, policy in policies.items():
            insides[name] = memories(policy, walked)
            say(f"{name}: {len(clusters)} moments")
        parts = by_part(insides)
    return {
        part: compared(networks, clusters, n_resamples, settings.seed, settings.training, say, part)
        for part, networks in parts.items()
    }


def by_part(insides: Mapping[str, Parts]) -> dict[str, dict[str, NDArray[np.float32]]]:
    """From networks to parts; only parts that all networks have.

    Raises:
        ValueError: there is none.
    """
    shared = [part for part in next(iter(insides.values())) if all(part in parts for parts in insides.values())]
    if not shared:
        raise ValueError(f"{', '.join(insides)} have no part of one name: compare networks of one kind")
    return {part: {name: parts[part] for name, parts in insides.items()} for part in shared}


def compared(
    networks: Parts,
    clusters: NDArray[np.int64] | None,
    n_resamples: int,
    seed: int,
    with_last: bool,
    say: Callable[[str], None] = lambda line: None,
    part: str = "",
) -> Comparison:
    """Every measure of every network against every other one, or against the last alone."""
    names, arrays = list(networks), list(networks.values())
    columns = arrays[-1:] if with_last else arrays
    began = time.perf_counter()
    cells = [[_pair(x, y, n_resamples, clusters, seed) for y in columns] for x in arrays]
    say(f"{part}: {len(cells) * len(columns)} pairs, {time.perf_counter() - began:.0f} s")
    return Comparison(names, {name: [[cell[name] for cell in row] for row in cells] for name in MEASURES})


def _pair(
    x: NDArray[np.float32], y: NDArray[np.float32], n_resamples: int, clusters: NDArray[np.int64] | None, seed: int
) -> dict[str, Measurement | str]:
    """Every measure, or why it refuses; of a network with itself the numbers alone."""
    if x is y:
        n_resamples = 0
    asked = {"n_resamples": n_resamples, "clusters": clusters if n_resamples else None, "rng": seed}
    found: dict[str, Measurement | str] = {}
    try:
        found.update(compare(x, y, **asked))
    except ValueError:  # each alone, so that one that refuses leaves the others
        for name in MEASURES:
            try:
                found.update(compare(x, y, [name], **asked))
            except ValueError as error:
                found[name] = str(error)
    angle = found["procrustes"]
    if x is not y and isinstance(angle, Measurement):
        found["procrustes"] = angle._replace(chance=procrustes(x, y, n_null=SHUFFLES, rng=seed).chance)
    return found


def _folders(settings: SimilaritySettings) -> dict[str, Path]:
    """Where the agents lie, by a name that tells them apart."""
    if settings.training:
        folder = Path(settings.networks[0]) / CHECKPOINTS
        found = sorted(folder.glob("step-*"))
        if len(found) < 3:
            raise ValueError(
                f"{folder} has {len(found)} checkpoints, and a course of training needs 3 at least: train with "
                "--keep-checkpoints 0"
            )
        return {f"{int(path.name.removeprefix('step-')) / 1e6:g} M": path for path in found}
    return {name: Path(name) if Path(name).is_dir() else pretrained_folder(name) for name in settings.networks}


def _walked(settings: SimilaritySettings, policies: Mapping[str, RecurrentPolicy]) -> Walk:
    walker = list(policies.values())[-1 if settings.training else 0]
    env = env_for(settings.layouts, settings.episodes, 128, settings.max_steps, settings.seed)
    return walk(RecurrentPolicy(walker.agent, seed=settings.seed), env, settings.episodes, settings.moments)


def _shown(settings: SimilaritySettings, dataset: Path, say: Callable[[str], None]) -> tuple[Parts, Pictures]:
    """Layers of all models, each a network of its own, shown the data set's sound pictures."""
    find_modules_here()
    data = open_dataset(dataset).sound()
    shown: dict[str, NDArray[np.float32]] = {}
    for name in settings.networks:
        model = load_model(name)
        batches = [
            model.activations(np.stack([data[i]["image"] for i in range(begin, min(begin + BATCH, len(data)))]))
            for begin in range(0, len(data), BATCH)
        ]
        for layer in batches[0]:
            shown[f"{short_name(name)} {layer}"] = np.concatenate([batch[layer] for batch in batches])
        say(f"{name}: {len(data)} pictures")
    return shown, pictures_of(data, data)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
