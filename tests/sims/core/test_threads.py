"""Slices over threads."""

import os
from threading import Thread

import numpy as np
import pytest

from sims.core.threads import available_threads, split


@pytest.mark.parametrize("n_threads", [1, 2, 3, 16, 100])
@pytest.mark.parametrize("n", [1, 5, 17])
def test_every_index_is_visited_once(n, n_threads):
    visits = np.zeros(n, int)

    def run(start, stop):
        visits[start:stop] += 1

    split(run, n, n_threads)
    assert (visits == 1).all()


def test_an_error_in_any_slice_is_raised():
    def run(start, stop):
        if stop == 10:
            raise ValueError("the last slice")

    with pytest.raises(ValueError, match="the last slice"):
        split(run, 10, 2)


def test_a_slice_may_split_again():
    visits = np.zeros(12, int)

    def run(start, stop):
        def inner(a, b):
            visits[start + a : start + b] += 1

        split(inner, stop - start, 3)

    split(run, 12, 3)
    assert (visits == 1).all()


def test_several_threads_may_split_at_once():
    totals = []

    def caller():
        for _ in range(200):
            visits = np.zeros(9, int)

            def run(start, stop, visits=visits):
                visits[start:stop] += 1

            split(run, 9, 3)
            totals.append((visits == 1).all())

    callers = [Thread(target=caller) for _ in range(3)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert len(totals) == 600
    assert all(totals)


def test_a_forked_child_can_split_too():
    split(lambda start, stop: None, 4, 2)
    child = os.fork()
    if child == 0:
        seen = []
        split(lambda start, stop: seen.append(stop - start), 4, 2)
        os._exit(0 if sum(seen) == 4 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_available_threads_follows_the_affinity_mask():
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        assert available_threads() == 1
    finally:
        os.sched_setaffinity(0, cores)
