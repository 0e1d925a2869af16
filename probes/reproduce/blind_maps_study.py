"""What is asked in the study, of whom, and how an answer is kept.

`OUT/<agent>/<question>.json` holds what was asked (`asked`), what was found (`found`) and how long it took; a question
that is kept is not asked again.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from agents.checkpoint import load_agent
from agents.nets import BlindAgent
from probes.decoding import MapFit, PositionFit
from probes.memory import WINDOWS
from probes.record import fingerprint
from probes.transplant import Begin, Direction
from probes.transplant_training import ProbeFit
from sims.core.files import write_atomic

Question = Literal[
    "evaluate", "memory", "collisions", "behaviour", "maps", "positions", "excursions", "walk", "transplant"
]
QUESTIONS: tuple[Question, ...] = get_args(Question)


@dataclass(frozen=True)
class MemoryFit:
    """How the length of the memory is asked."""

    layouts: tuple[str, ...] = ("houses:1000000-1000100",)
    """Where."""
    episodes: int = 100
    """Played with every window: k times the work of a step for each step beyond k."""
    windows: tuple[int, ...] = WINDOWS
    """Inputs that feed the state."""
    deepest: int = 1
    """Layers of an agent beyond which this isn't asked, for want of time."""


@dataclass(frozen=True)
class RecordFit:
    """Walks on which memories are recorded."""

    layouts: tuple[str, ...] = ("houses:1000000-1000400",)
    """Where; a quarter of these layouts is for the test."""
    episodes: int = 4000
    """How many walks."""
    moments: int = 16
    """Of each walk."""


@dataclass(frozen=True)
class TransplantFit:
    """Which probe agents walk again, and how they learn."""

    directions: tuple[Direction, ...] = ("s-to-t", "t-to-s")
    """Again, and back."""
    begins: tuple[Begin, ...] = ("trained", "zero", "untrained")
    """With whose memory."""
    probe: ProbeFit = field(default_factory=ProbeFit)
    """How a probe learns."""


@dataclass(frozen=True)
class Study:
    """What is asked, and how hard."""

    maps: tuple[str, ...] = ()
    """Map files that the agents are evaluated on, beside generated floors."""
    episodes: int = 1000
    """Of the evaluation on each kind of floor (the map files together count as one)."""
    max_steps: int = 2000
    """Steps after which an episode has failed."""
    memory: MemoryFit = field(default_factory=MemoryFit)
    """How long the memory is."""
    record: RecordFit = field(default_factory=RecordFit)
    """What all decoders learn from."""
    map_fit: MapFit = field(default_factory=MapFit)
    """How map decoders are fitted."""
    position_fit: PositionFit = field(default_factory=PositionFit)
    """How position decoders are fitted."""
    transplant: TransplantFit = field(default_factory=TransplantFit)
    """Whether the memory is of use."""
    seed: int = 0
    """Of episodes, actions and decoders."""


class Subject(NamedTuple):
    """One agent that is asked.

    Attributes:
        name: of its folder in OUT. folder: of its weights. agent: itself. sha256: of its weights.
    """

    name: str
    folder: Path
    agent: BlindAgent
    sha256: str


def subject_of(name: str, folder: Path) -> Subject:
    """The agent in `folder`.

    Raises:
        FileNotFoundError, ValueError: as `agents.checkpoint.load_agent`.
    """
    agent = load_agent(folder)
    return Subject(name, folder, agent, fingerprint(agent))


def answered(path: Path, asked: Mapping[str, Any], ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What is kept at `path`, or what `ask` finds, which is then kept there.

    Raises:
        ValueError: what is kept was asked otherwise, or is damaged.
    """
    asked = json.loads(json.dumps(asked))
    if path.exists():
        try:
            kept = json.loads(path.read_text())
            was = kept["asked"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is damaged ({error!r}): remove it to have it asked again") from error
        differ = [name for name in asked if was.get(name) != asked[name]]
        if differ:
            raise ValueError(
                f"{path} was asked with another {', '.join(differ)}: remove it to have it asked again, or choose "
                "another --out"
            )
        return kept
    began = time.perf_counter()
    kept = {"asked": asked, "found": ask(), "seconds": round(time.perf_counter() - began, 1)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, (json.dumps(kept, indent=1) + "\n").encode())
    return kept
