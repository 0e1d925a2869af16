"""Second trips: every probe agent of the study is trained and walks again, each kept by itself."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from agents.evaluate import Episodes
from agents.processes import prepared_cpu
from probes.records import Record
from probes.reproduce.blind_maps_study import Study, Subject, answered
from probes.transplant import FirstTrips, second_walks
from probes.transplant_training import Transplant, train_probe, walk_again
from sims.core.threads import available_threads

EXAMPLES = 6
"""Second trips whose paths are kept, to be drawn."""


def second_trips(
    subject: Subject, study: Study, record: Record, home: Path, say: Callable[[str], None]
) -> dict[str, Any]:
    """Every probe that is not kept yet, and what an untaught one does with the memory, each kept by itself."""
    asked = study.transplant
    found: dict[str, Any] = {}
    for direction in asked.directions:
        order = sorted(asked.begins, key=lambda begin: begin != "zero")  # zero comes first: it is the others' chance
        chance = {"success": 0.0, "spl": 0.0}
        for begin in order:
            which = Transplant(direction, begin)
            folder = home / "transplant" / which.name
            if not (folder / "walks.json").exists():
                say(f"{subject.name}: probe {which.name}")
            found[which.name] = answered(
                folder / "walks.json",
                {"weights_sha256": subject.sha256, "probe": asdict(asked.probe), "max_steps": study.max_steps},
                lambda w=which, f=folder, c=dict(chance): _walked(subject, study, record, w, f, c),
            )["found"]
            if begin == "zero":
                chance = {name: found[which.name]["taught"][name]["score"] for name in chance}
    return found


def _walked(
    subject: Subject, study: Study, record: Record, which: Transplant, folder: Path, chance: dict[str, float]
) -> dict[str, Any]:
    """Train one probe and have it walk, the agent's own weights with it; and a taught one with a false memory."""
    weights = train_probe(folder, subject.agent, record, which, study.transplant.probe, threads=available_threads())
    found: dict[str, Any] = {}
    with prepared_cpu():
        for name, own, begin in (
            ("taught", weights, which.begin),
            ("untaught", subject.agent, which.begin),
            *([("shuffled", weights, "shuffled")] if which.begin == "trained" else []),
        ):
            first, played = walk_again(
                folder, own, record, which._replace(begin=begin), max_steps=study.max_steps, seed=study.seed
            )
            found[name] = second_walks(first, played, chance).document()
            if name == "taught":
                found["examples"] = _examples(first, played)
    return found


def _examples(first: FirstTrips, played: Episodes) -> list[dict[str, Any]]:
    """Paths of some trips that walked far and arrived, to be drawn, in centimetres' precision."""
    far = [
        k
        for k in np.argsort(-np.array([len(first.paths[n]) for n in played.number]), kind="stable")
        if played.measures["success"][k]
    ]
    chosen = far[len(far) // 10 :: max(1, len(far) // (2 * EXAMPLES))][:EXAMPLES]
    return [
        {
            "layout": played.layouts[k],
            "trip": int(played.number[k]),
            "spl": float(played.measures["spl"][k]),
            "first": np.round(first.paths[played.number[k]], 2).tolist(),
            "second": np.round(played.paths[k][:, :2], 2).tolist(),
        }
        for k in chosen
    ]
