import pytest

from tests.sims.scenes.unrealcv.fuzzing import fuzz


@pytest.mark.parametrize("n", [6_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_garbage_neither_ends_nor_fills_nor_stalls_the_server(n):
    result = fuzz(n, seed=1)
    print(result)
    assert result.frames >= 0.99 * n
    assert result.malformed > 0.05 * n
    assert result.faults == []
    assert result.asked > 0  # by a well-behaved peer all the while: it waits 20 s for an answer at most
    if n >= 1_000_000:  # before that memory is still warming up
        assert result.growth_mb < 10.0
