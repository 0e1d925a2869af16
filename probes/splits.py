"""Which episodes a decoder learns from, stops by, and is asked about: never two of these on one layout."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TEST_SHARE, VALIDATION_SHARE = 0.25, 0.15
"""Of all layouts, and of those that are not for the test."""

SAMPLES_A_UNIT = 2
"""A decoder of so many units wants at least this many times as many training samples."""

LEAST_LAYOUTS = 4
LEAST_TEST_EPISODES = 10
"""Fewer give no interval worth the name."""


class Split(NamedTuple):
    """Episodes `[n]`, ascending."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def split_by_layout(layouts: NDArray[np.int64], seed: int = 0) -> Split:
    """Divide episodes by the number of their layout, `layouts` `[episode]`, so that no layout is on two sides.

    Raises:
        ValueError: fewer layouts than LEAST_LAYOUTS, or fewer test episodes than LEAST_TEST_EPISODES.
    """
    there = np.unique(layouts)
    if len(there) < LEAST_LAYOUTS:
        raise ValueError(
            f"training and test need different layouts, {LEAST_LAYOUTS} at least, got {len(there)}: record on more"
        )
    there = np.random.default_rng(seed).permutation(there)
    n_test = max(1, round(TEST_SHARE * len(there)))
    n_validation = max(1, round(VALIDATION_SHARE * (len(there) - n_test)))
    test, validation, train = np.split(there, [n_test, n_test + n_validation])
    split = Split(*(np.flatnonzero(np.isin(layouts, part)) for part in (train, validation, test)))
    if len(split.test) < LEAST_TEST_EPISODES:
        would_do = -(-len(layouts) * LEAST_TEST_EPISODES // len(split.test))
        raise ValueError(
            f"{len(split.test)} of {len(layouts)} episodes are left for the test, expected {LEAST_TEST_EPISODES} at "
            f"least: record {would_do} episodes or more"
        )
    return split


def refuse_too_few(n_samples: int, n_units: int, n_episodes: int) -> None:
    """Refuse to fit a decoder of `n_units` to fewer than SAMPLES_A_UNIT training samples for each.

    Raises:
        ValueError: so it is; the message says how many of the record's `n_episodes` would do.
    """
    needed = SAMPLES_A_UNIT * n_units
    if n_samples < needed:
        cure = f"record {-(-n_episodes * needed // n_samples)} episodes or more" if n_samples else "record longer ones"
        raise ValueError(
            f"{n_samples} training samples are too few for a decoder of {n_units} units, which needs {needed}: {cure}"
        )


def partners(episodes: NDArray[np.int64], n_episodes: int, seed: int = 0) -> NDArray[np.int64]:
    """For every one of `episodes` another one of them, `[n_episodes]` (-1 for the rest): the null's false pairing."""
    ring = np.random.default_rng(seed).permutation(episodes)
    other = np.full(n_episodes, -1)
    other[ring] = np.roll(ring, 1)
    return other
