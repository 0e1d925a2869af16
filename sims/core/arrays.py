"""Zeroed arrays for a NamedTuple whose fields are annotated `NDArray[dtype]`."""

from collections.abc import Callable
from typing import Any, TypeVar, cast, get_args

import numpy as np

T = TypeVar("T", bound=tuple[Any, ...])


def blank(kind: type[T], shape_of: Callable[[str], tuple[int, ...]]) -> T:
    """An instance of `kind`, a NamedTuple of arrays: each of the dtype of its annotation and the shape of its name."""
    fields = {name: np.zeros(shape_of(name), _scalar(annotation)) for name, annotation in kind.__annotations__.items()}
    return cast(T, kind(**fields))


def _scalar(annotation: Any) -> Any:
    """The innermost last argument: `NDArray` is an alias of several layers before NumPy 2.5, and of one since."""
    arguments = get_args(annotation)
    return _scalar(arguments[-1]) if arguments else annotation
