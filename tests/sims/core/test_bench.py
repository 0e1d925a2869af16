"""What benchmarks share."""

import os

import pytest

from sims.core.bench import pinned


def test_a_process_is_pinned_within_the_block_alone():
    before = os.sched_getaffinity(0)
    with pinned(1):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize("n_threads", [0, 10_000])
def test_thread_counts_without_cores_are_refused(n_threads):
    with pytest.raises(ValueError, match="--threads must be 1 to"), pinned(n_threads):
        pass
