"""The command `umwelt`: verbs only; each hands over to the part of the suite that does the work."""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import tyro

VERBS: dict[str, tuple[str, str, str]] = {
    "train": ("agents.training", "TrainSettings", "Train an agent (pointnav) or a population (ctf); resumable."),
    "evaluate": ("agents.scoring", "EvaluateSettings", "Success and SPL of a policy on any layouts."),
    "bench": (
        "sims.pointnav.bench",
        "BenchSettings",
        "Measure (pointnav, train, population, scenes, parity, realism, ctf, ctf-bots, measures) in JSON lines.",
    ),
    "watch": (
        "sims.ctf.film.watch",
        "WatchSettings",
        "Write a video of a Capture-the-Flag match, played by bots or recorded.",
    ),
    "tournament": (
        "probes.tournament",
        "TournamentSettings",
        "Have agents and bots play each other on held-out maps: pay-offs, ratings, circles.",
    ),
    "probe": (
        "probes.probing",
        "ProbeSettings",
        "Ask what networks know: record, maps, vision, failures, similarity, game-state.",
    ),
    "reproduce": (
        "probes.reproduce.invariance",
        "InvarianceSettings",
        "Try a paper's claims again (invariance, blind-maps); its statement beside our numbers.",
    ),
    "dataset": (
        "sims.scenes.datasets.dataset",
        "DatasetSettings",
        "Render a design of scenes into a data set; resumable.",
    ),
    "serve": (
        "sims.scenes.unrealcv.serve",
        "ServeSettings",
        "Serve scenes to UnrealCV's clients, without an engine.",
    ),
    "assets": (
        "sims.scenes.assets.command",
        "AssetsSettings",
        "List or fetch packs of animals and more into the cache (list, get NAME).",
    ),
    "setup": ("sims.scenes.cycles.install", "SetupSettings", "Fetch what a part needs beyond Python packages: cycles."),
    "demo": ("probes.demo", "DemoSettings", "Run the worlds (pointnav, scenes), or tell of a run (ctf), on one page."),
}
PARTS = {
    "train": {
        "pointnav": ("agents.training", "TrainSettings"),
        "ctf": ("agents.population.training", "TrainCtfSettings"),
    },
    "bench": {
        "pointnav": ("sims.pointnav.bench", "BenchSettings"),
        "train": ("agents.bench", "BenchSettings"),
        "population": ("agents.population.bench", "BenchSettings"),
        "scenes": ("sims.scenes.bench", "BenchSettings"),
        "parity": ("sims.scenes.unrealcv.bench", "BenchSettings"),
        "realism": ("probes.vision.realism", "BenchSettings"),
        "ctf": ("sims.ctf.bench", "BenchSettings"),
        "ctf-bots": ("sims.ctf.tournament", "TournamentSettings"),
        "measures": ("probes.measures.bench", "BenchSettings"),
    },
    "demo": {
        "pointnav": ("probes.demo", "DemoSettings"),
        "scenes": ("probes.scenes_demo", "ScenesDemoSettings"),
        "ctf": ("probes.ctf_page", "CtfPageSettings"),
    },
    "reproduce": {
        "invariance": ("probes.reproduce.invariance", "InvarianceSettings"),
        "blind-maps": ("probes.reproduce.blind_maps", "BlindMapsSettings"),
    },
}
"""Verbs of several parts, which the first word after them names."""


def main() -> None:
    """Parse the command line and run the verb; a user's mistake ends with its cure on one line, not with a trace."""
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb not in VERBS:
        lines = [f"  umwelt {name:10} {line}" for name, (_, _, line) in VERBS.items()]
        sys.stdout.write("\n".join(["usage: umwelt VERB ...  (umwelt VERB --help tells its options)", "", *lines, ""]))
        sys.exit(0 if verb in ("", "-h", "--help") else 2)
    module_name, settings_name, line = VERBS[verb]
    if verb in PARTS and sys.argv[2:] and not sys.argv[2].startswith("-"):
        if sys.argv[2] not in PARTS[verb]:
            sys.exit(f"umwelt: there is no {verb} {sys.argv[2]!r}: expected one of {', '.join(PARTS[verb])}")
        module_name, settings_name = PARTS[verb][sys.argv[2]]
    module = import_module(module_name)
    settings = tyro.cli(getattr(module, settings_name), prog=f"umwelt {verb}", description=line, args=sys.argv[2:])
    _run(module.run, settings)


def _run(run: Callable[[Any], None], settings: Any) -> None:
    try:
        run(settings)
    except (ValueError, OSError, ArithmeticError) as error:
        if os.environ.get("UMWELT_TRACEBACK"):  # for whoever looks for the cause in the code
            raise
        sys.exit(f"umwelt: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
