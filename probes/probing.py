"""The command `umwelt probe`: what is asked comes first, `record` or `maps`."""

from typing import Annotated

import tyro

from probes import decoding, record

ProbeSettings = (
    Annotated[
        record.RecordSettings,
        tyro.conf.subcommand("record", description="Keep an agent's memory at every step of whole episodes."),
    ]
    | Annotated[
        decoding.MapsSettings,
        tyro.conf.subcommand("maps", description="Read maps and positions out of an agent's memory."),
    ]
)
"""What the command line takes, by its first word."""


def run(settings: record.RecordSettings | decoding.MapsSettings) -> None:
    """Hand over to what was asked for."""
    if isinstance(settings, record.RecordSettings):
        record.run(settings)
    else:
        decoding.run(settings)
