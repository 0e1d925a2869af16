"""Zeroed arrays for a NamedTuple whose fields are annotated `NDArray[dtype]`."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

T = TypeVar("T", bound=tuple[Any, ...])


def blank(kind: type[T], shape_of: Callable[[str], tuple[int, ...]]) -> T:
    """An instance of `kind`, a NamedTuple of arrays: each of the dtype of its annotation and the shape of its name."""
    fields = {
        name: np.zeros(shape_of(name), annotation.__args__[1].__args__[0])
        for name, annotation in kind.__annotations__.items()
    }
    return cast(T, kind(**fields))
