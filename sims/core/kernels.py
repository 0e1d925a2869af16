"""The one decorator that compiles kernels: Numba's `njit` with a disk cache that notices every edit."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
import platformdirs
from numba.core import config

F = TypeVar("F", bound=Callable[..., Any])

numba_config: Any = config  # its settings are made at import, where a type checker doesn't see them

SIMS = Path(__file__).resolve().parents[1]


@cache
def source_hash() -> str:
    """A hash of all sources of `sims`, and so of everything that its results depend on."""
    digest = hashlib.sha256()
    for path in sorted(SIMS.rglob("*.py")):
        digest.update(path.relative_to(SIMS).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def kernel_cache_folder() -> Path:
    """The folder of compiled kernels for exactly these sources and flags.

    Numba keys its cache by the file of the kernel alone, so an edit to a callee in another file, or another setting of
    `NUMBA_BOUNDSCHECK`, would load stale machine code. The folder's name is therefore a hash of all sources of `sims`,
    of Numba's version and of that flag. `NUMBA_CACHE_DIR`, if set, is the parent instead of the user's cache.
    """
    flags = f"{source_hash()} {numba.__version__} {os.environ.get('NUMBA_BOUNDSCHECK', '')}"
    parent = os.environ.get("NUMBA_CACHE_DIR") or Path(platformdirs.user_cache_dir("umwelt")) / "kernels"
    return Path(parent) / hashlib.sha256(flags.encode()).hexdigest()[:16]


def kernel(function: F) -> F:
    """Compile `function` with `numba.njit(nogil=True)`, cached on disk; the plain function stays as `.py_func`.

    A kernel takes bare arrays and numbers, writes into arrays it is given, and raises nothing. It releases the GIL, so
    `sims.core.threads.split` can run it on several slices of a batch at once. Other users of Numba in the same process
    keep their own cache: the setting is put back after each decoration.
    """
    if numba_config.DISABLE_JIT:
        return np.errstate(over="ignore", divide="ignore")(function)  # wrap around and divide as compiled code does
    before = numba_config.CACHE_DIR
    numba_config.CACHE_DIR = str(kernel_cache_folder())
    try:
        # Without Numba's run time a kernel can't allocate, and passing it tuples of arrays costs no reference counting,
        # which took two thirds of the time of a step.
        return cast(Any, numba.njit)(nogil=True, cache=True, error_model="numpy", _nrt=False)(function)
    finally:
        numba_config.CACHE_DIR = before
