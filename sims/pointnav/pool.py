"""The episode pool: layouts, goal fields and starts, built before stepping and cached on disk."""

import contextlib
import hashlib
import json
import os
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import platformdirs
from filelock import FileLock

from sims.core.files import check_folder, write_folder
from sims.core.kernels import source_hash
from sims.pointnav.build import DEFAULT_SETTINGS, PoolSettings, build_pool
from sims.pointnav.floors.catalogue import Layouts, fingerprint, layout_names
from sims.pointnav.state import Pool

WORTH_CACHING = 1.0
"""Seconds of building from which on a pool is kept on the disk."""

CACHE_LIMIT = 8 * 2**30
"""Bytes of cached pools; beyond it the least recently used are removed."""


class EpisodePool(NamedTuple):
    """The arrays that the kernels read, and what they stand for.

    Attributes:
        arrays: read-only `Pool`.
        names: the layouts' names, in the order of `arrays.layout_base`.
        settings: what it was built with.
        seconds: how long building or loading took.
        cached: whether it was loaded from the disk.
    """

    arrays: Pool
    names: tuple[str, ...]
    settings: PoolSettings
    seconds: float
    cached: bool


def episode_pool(layouts: Layouts, settings: PoolSettings = DEFAULT_SETTINGS) -> EpisodePool:
    """The pool of episodes on `layouts`: built in all threads, or loaded if it was built before.

    It depends on the layouts and the settings alone, not on threads or batch sizes. Pools that took over a second are
    kept in the user's cache folder (`UMWELT_CACHE` moves it), the least recently used go when it exceeds 8 GiB.

    Raises:
        ValueError: an unknown layout, one without room for an episode, or a pool over `memory_budget`.
        FileNotFoundError: a map file that isn't there.
    """
    names = tuple(layout_names(layouts))
    return _pool(names, settings, _fingerprint(names, settings))


def describe(pool: EpisodePool) -> str:
    """One line on a pool's sizes, memory and build time."""
    arrays = pool.arrays
    size = sum(array.nbytes for array in arrays) / 2**20
    how = "loaded from the cache" if pool.cached else "built"
    return (
        f"{len(pool.names)} layouts, {len(arrays.goal)} goals, {len(arrays.start)} episodes, "
        f"{size:.0f} MiB, {how} in {pool.seconds:.1f} s"
    )


@lru_cache(maxsize=2)
def _pool(names: tuple[str, ...], settings: PoolSettings, key: str) -> EpisodePool:
    began = time.perf_counter()
    folder = cache_folder() / key
    arrays = _load(folder)
    cached = arrays is not None
    if arrays is None:
        with _only_one(folder):  # a second process waits and then finds it built
            arrays = _load(folder)
            cached = arrays is not None
            if arrays is None:
                arrays = build_pool(names, settings)
                if time.perf_counter() - began > WORTH_CACHING:
                    _store(folder, arrays)
    pool = EpisodePool(sealed(arrays), names, settings, time.perf_counter() - began, cached)
    if not cached and pool.seconds > WORTH_CACHING:
        sys.stderr.write(f"episode pool: {describe(pool)}\n")
    return pool


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Let one process at a time build what goes into `folder`; where nothing can be written, all may."""
    lock = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.with_suffix(".lock"))
        lock.acquire()
    except OSError:
        lock = None  # storing the pool will fail too, and say so
    try:
        yield
    finally:
        if lock is not None:
            lock.release()
            folder.with_suffix(".lock").unlink(missing_ok=True)


def cache_folder() -> Path:
    """Where built pools are kept; the environment variable `UMWELT_CACHE` moves it."""
    return Path(os.environ.get("UMWELT_CACHE") or platformdirs.user_cache_dir("umwelt")) / "pools"


def _fingerprint(names: tuple[str, ...], settings: PoolSettings) -> str:
    """A hash of all that a pool depends on: sources, settings, names, and the contents of map files."""
    parts = [source_hash(), asdict(settings), [fingerprint(name) for name in names], np.__version__]
    return hashlib.sha256(json.dumps(parts, default=int).encode()).hexdigest()[:24]


def sealed(arrays: Pool) -> Pool:
    """The same arrays, read-only: kernels are compiled for these, and nobody can alter what many envs share."""
    for array in arrays:
        array.flags.writeable = False
    return arrays


def _load(folder: Path) -> Pool | None:
    if not folder.is_dir():
        return None
    try:
        check_folder(folder)
        arrays = {name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in Pool._fields}
    except FileNotFoundError:
        return None  # another process made room just now
    except (ValueError, OSError) as error:
        warnings.warn(f"the cached episode pool is damaged and is built anew: {error}", stacklevel=2)
        shutil.rmtree(folder, ignore_errors=True)
        return None
    os.utime(folder)
    return Pool(**arrays)


def _store(folder: Path, arrays: Pool) -> None:
    def fill(temporary: Path) -> None:
        for name, array in arrays._asdict().items():
            np.save(temporary / f"{name}.npy", array, allow_pickle=False)

    try:
        write_folder(folder, fill)
        _make_room(folder)
    except OSError as error:
        warnings.warn(
            f"the episode pool could not be cached ({error}) and will be built again next time: "
            "free some disk space, or set UMWELT_CACHE to a folder that can be written to",
            stacklevel=2,
        )


def _make_room(newest: Path) -> None:
    """Remove the least recently used pools while all together exceed CACHE_LIMIT."""
    others: list[tuple[float, int, Path]] = []
    for path in newest.parent.glob("[0-9a-f]*"):
        with contextlib.suppress(FileNotFoundError):  # another process may be making room too
            if path.is_dir() and path != newest:
                others.append((path.stat().st_mtime, _size(path), path))
    total = _size(newest)
    for _, size, path in sorted(others, reverse=True):
        total += size
        if total > CACHE_LIMIT:
            shutil.rmtree(path, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*"))
