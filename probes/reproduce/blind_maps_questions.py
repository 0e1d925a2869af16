"""The questions of the study, each asked of one agent.

`OUT/<agent>/records` is the agent's memory at some moments of many walks, which most questions are asked of.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agents.baselines import POLICIES, cpu_for, policy_named
from agents.evaluate import Estimate, env_for, summary
from agents.policy import RecurrentPolicy
from agents.processes import prepared_cpu
from agents.scoring import evaluate, together
from probes.behaviour import behaviour
from probes.collisions import decode_collisions
from probes.excursions import decode_excursions
from probes.map_figures import draw_maps
from probes.maps import decode_maps
from probes.measures import Score
from probes.memory import memory_length
from probes.positions import decode_positions
from probes.record import RecordSettings, record_run, untrained_twin
from probes.records import Record, read_record, write_record
from probes.reproduce.blind_maps_second_trips import second_trips
from probes.reproduce.blind_maps_study import QUESTIONS, Question, Study, Subject, answered
from probes.reproduce.blind_maps_walk import draw_walk
from sims.core.threads import available_threads

FLOORS = {
    "houses": ("houses:1000000-1000200",),
    "offices": ("offices:1000000-1000020",),
    "mazes": ("mazes:1000000-1000100",),
}


def ask_all(
    subject: Subject, study: Study, out: Path, questions: Sequence[Question], say: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Ask one agent everything that is not kept yet; what is found, by question.

    Args:
        out: the study's folder. say: told of what begins and what is done.

    Raises:
        ValueError: a question can't be asked (the message says what would do), or was asked otherwise.
    """
    home, found = out / subject.name, {}
    home.mkdir(parents=True, exist_ok=True)
    for question in questions:
        if question == "memory" and subject.agent.layers > study.memory.deepest:
            say(f"{subject.name}: memory is not asked of {subject.agent.layers} layers (--study.memory.deepest)")
            continue
        if not (home / f"{question}.json").exists():
            say(f"{subject.name}: {question}")
        asked = {"weights_sha256": subject.sha256, **_asked(question, study)}
        found[question] = answered(
            home / f"{question}.json", asked, lambda q=question: _ask(q, subject, study, home, say)
        )["found"]
    return found


def kept_answers(subject: Subject, out: Path) -> dict[str, dict[str, Any]]:
    """What is kept of an agent with these weights, by question, in the order of QUESTIONS."""
    found = {}
    for question in QUESTIONS:
        path = out / subject.name / f"{question}.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        if kept.get("asked", {}).get("weights_sha256") == subject.sha256:
            found[question] = kept["found"]
    return found


def _asked(question: Question, study: Study) -> dict[str, Any]:
    """The settings that a question's answer depends on."""
    own: dict[Question, dict[str, Any]] = {
        "evaluate": {"maps": study.maps, "episodes": study.episodes},
        "memory": {"memory": asdict(study.memory)},
        "maps": {"map_fit": asdict(study.map_fit)},
        "positions": {"position_fit": asdict(study.position_fit)},
        "transplant": {"transplant": asdict(study.transplant)},
    }
    recorded = {} if question in ("evaluate", "memory") else {"record": asdict(study.record)}
    return {"seed": study.seed, "max_steps": study.max_steps, **recorded, **own.get(question, {})}


def _ask(question: Question, subject: Subject, study: Study, home: Path, say: Callable[[str], None]) -> dict[str, Any]:
    if question == "evaluate":
        return scored(str(subject.folder), study)
    if question == "memory":
        return _memory(subject, study, say)
    record = _record(subject, study, home)
    if question == "transplant":
        return second_trips(subject, study, record, home, say)
    with prepared_cpu(available_threads()):
        return _decoded(question, subject, study, record, home, say)


def _decoded(
    question: Question, subject: Subject, study: Study, record: Record, home: Path, say: Callable[[str], None]
) -> dict[str, Any]:
    """Answers of those questions that a record alone is asked."""
    if question == "collisions":
        after = {"any": False, "forward": True}
        return {k: decode_collisions(record, forward_only=f, seed=study.seed).document() for k, f in after.items()}
    if question == "behaviour":
        return behaviour(record).document()
    if question == "maps":
        maps = decode_maps(record, seed=study.seed, say=say, **asdict(study.map_fit))
        draw_maps(record, maps).savefig(home / "maps.png", dpi=100)
        return {measure: documents(scores) for measure, scores in maps.scores.items()}
    if question == "positions":
        positions = decode_positions(record, seed=study.seed, say=say, **asdict(study.position_fit))
        error = {str(k): documents(scores) for k, scores in positions.error.items()}
        return {"error": error, "refused": {str(k): why for k, why in positions.refused.items()}}
    if question == "excursions":
        return decode_excursions(record, seed=study.seed, say=say).document()
    return draw_walk(subject.agent, record, home, max_steps=study.max_steps, fitted=study.map_fit, seed=study.seed)


def documents(scores: Mapping[str, Score]) -> dict[str, Any]:
    """Scores as JSON."""
    return {name: score.document() for name, score in scores.items()}


def _record(subject: Subject, study: Study, home: Path) -> Record:
    """The agent's record, made first where there is none."""
    folder = home / "records"
    if not folder.exists():
        settings = RecordSettings(
            run=subject.folder, max_steps=study.max_steps, seed=study.seed, **asdict(study.record)
        )
        write_record(folder, record_run(settings))
    made = read_record(folder)
    wanted = {"weights_sha256": subject.sha256, "max_steps": study.max_steps, **asdict(study.record)}
    differ = [name for name, value in json.loads(json.dumps(wanted)).items() if made.about.get(name) != value]
    if differ:
        raise ValueError(f"{folder} was made with another {', '.join(differ)}: remove it, or choose another --out")
    return made


def scored(policy: str, study: Study) -> dict[str, Any]:
    """Success, SPL and the rest of a policy on every kind of floor: measure by measure, with 95 % intervals."""
    floors = FLOORS | ({"maps": study.maps} if study.maps else {})
    found = {}
    with cpu_for(policy):
        for floor, layouts in floors.items():
            rows = evaluate(
                policy_named(policy, seed=study.seed),
                layouts,
                max(study.episodes, len(layouts)),
                max_steps=study.max_steps,
                seed=study.seed,
            )
            found[floor] = {
                "all": _estimates(summary(together(rows))),
                "rows": {row.name: _estimates(summary(row.episodes)) for row in rows} if len(rows) > 1 else {},
            }
    return found


def _estimates(of: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: estimate._asdict() for name, estimate in of.items()}


def baselines(study: Study, out: Path, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """The five Bugs and the oracle, in the same episodes as the agents."""
    found = {}
    for name in POLICIES:
        path = out / "baselines" / f"{name}.json"
        if not path.exists():
            say(f"{name}: evaluate")
        found[name] = answered(path, _asked("evaluate", study), lambda n=name: scored(n, study))["found"]
    return found


def _memory(subject: Subject, study: Study, say: Callable[[str], None]) -> dict[str, Any]:
    asked, seed = study.memory, study.seed
    with prepared_cpu():
        env = env_for(asked.layouts, asked.episodes, asked.episodes, study.max_steps, seed)
        twin = RecurrentPolicy(untrained_twin(subject.agent, seed + 1), seed=seed)
        policy = RecurrentPolicy(subject.agent, seed=seed)
        return memory_length(
            policy, env, asked.episodes, twin=twin, windows=asked.windows, seed=seed, say=say
        ).document()
