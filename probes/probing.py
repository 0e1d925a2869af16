"""The command `umwelt probe`: what is asked comes first, as `record` or `maps`."""

from typing import Annotated

import tyro

from probes import decoding, failures, game_state, record, similarity
from probes.vision import command as vision

ProbeSettings = (
    Annotated[
        record.RecordSettings,
        tyro.conf.subcommand("record", description="Keep an agent's memory at every step of whole episodes."),
    ]
    | Annotated[
        decoding.MapsSettings,
        tyro.conf.subcommand("maps", description="Read maps and positions out of an agent's memory."),
    ]
    | Annotated[
        vision.VisionSettings,
        tyro.conf.subcommand("vision", description="Ask an image model about pictures whose every factor is known."),
    ]
    | Annotated[
        failures.FailuresSettings,
        tyro.conf.subcommand("failures", description="Search the scenes that can be for those on which a model fails."),
    ]
    | Annotated[
        similarity.SimilaritySettings,
        tyro.conf.subcommand("similarity", description="Compare networks by their insides, shown the same."),
    ]
    | Annotated[
        game_state.GameStateSettings,
        tyro.conf.subcommand("game-state", description="Read facts of the game out of an FTW agent's memory."),
    ]
)
"""What the command line takes, by its first word."""

Settings = (
    record.RecordSettings
    | decoding.MapsSettings
    | vision.VisionSettings
    | failures.FailuresSettings
    | similarity.SimilaritySettings
    | game_state.GameStateSettings
)


def run(settings: Settings) -> None:
    """Hand over to what was asked for."""
    if isinstance(settings, record.RecordSettings):
        record.run(settings)
    elif isinstance(settings, decoding.MapsSettings):
        decoding.run(settings)
    elif isinstance(settings, vision.VisionSettings):
        vision.run(settings)
    elif isinstance(settings, failures.FailuresSettings):
        failures.run(settings)
    elif isinstance(settings, game_state.GameStateSettings):
        game_state.run(settings)
    else:
        similarity.run(settings)
