"""`umwelt probe failures`: searches the scenes that can be for those on which an image model is wrong."""

from probes.failures.command import FailuresSettings, run

__all__ = ["FailuresSettings", "run"]
