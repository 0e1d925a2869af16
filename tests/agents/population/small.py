"""A run of `umwelt train ctf` so small that the tests can afford it."""

from dataclasses import replace
from pathlib import Path

from agents.population.chief import Chief, found
from agents.population.plan import TrainCtfSettings, completed, founders_of, founding_of


def small(folder, **changes):
    """Two members, matches of 16 steps, frames of 20 x 20: a fragment is a quarter of a match."""
    settings = TrainCtfSettings(
        out=Path(folder),
        population=2,
        opponents="self",
        algorithm="vtrace",
        core="two-timescale",
        maps=("indoor:0-2",),
        match_steps=16,
        repeat=2,
        height=20,
        width=20,
        hidden=8,
        latent=4,
        precision="float32",
        rollout=2,
        seats=4,
        matches=4,
        arenas=1,
        learners=1,
        burn_in=4,
        least_games=3,
        evaluate_maps=("indoor:1000000",),
        evaluate_bots=("random",),
        evaluate_matches=2,
        steps=400,
    )
    return completed(replace(settings, **changes))


def chief_of(settings):
    """The chief of a population that has just been founded."""
    path = settings.out / "chief.sqlite"
    found(path, founding_of(settings), founders_of(settings))
    return Chief(path)
