"""The objects of the `basic` pack: parametric, made of numbers, no files."""

from sims.scenes.basic.catalog import OBJECTS, build

__all__ = ["OBJECTS", "build"]
