"""Shared memory: places that don't overlap, and what is given back can be taken again."""

import os

import numpy as np
import pytest

from agents.population.sharing import ALIGNMENT, PAGE, Heap, Region, places_of


def test_arrays_come_back_as_they_were_written():
    arrays = {"a": np.arange(6, dtype=np.int16).reshape(2, 3), "b": np.array(2.5), "none": np.zeros((0, 4), np.uint8)}
    places, size = places_of(arrays)
    assert [place.offset for place in places] == [0, ALIGNMENT, 2 * ALIGNMENT]
    assert size == 2 * ALIGNMENT
    region = Region(2 * PAGE)
    for place, array in zip(places, arrays.values(), strict=True):
        region.at(PAGE, place)[...] = array
    for place, array in zip(places, arrays.values(), strict=True):
        back = region.at(PAGE, place)
        assert (back.dtype, back.shape) == (array.dtype, array.shape)
        assert (back == array).all()
    region.close()
    region.close()  # twice is once


def test_two_regions_of_one_file_are_the_same_memory():
    region = Region(PAGE)
    other = Region(PAGE, os.dup(region.descriptor))
    (place,), _ = places_of({"a": np.zeros(3)})
    region.at(0, place)[:] = 7.0
    assert other.at(0, place).tolist() == [7.0] * 3


def test_the_heap_gives_whole_pages_and_takes_them_back():
    heap = Heap(4 * PAGE)
    assert heap.take(1) == 0
    assert heap.take(PAGE + 1) == PAGE
    assert heap.take(PAGE) == 3 * PAGE
    assert heap.take(1) is None
    assert heap.taken == 4 * PAGE
    heap.give_back(0)
    heap.give_back(3 * PAGE)
    assert heap.take(2 * PAGE) is None, "two pages are free, but not together"
    heap.give_back(PAGE)
    assert heap.take(4 * PAGE) == 0, "and neighbours have become one"


def test_a_heap_that_has_been_used_at_random_is_whole_again():
    rng, heap, held = np.random.default_rng(0), Heap(64 * PAGE), {}
    for _ in range(2000):
        if held and rng.random() < 0.5:
            heap.give_back(held.pop(list(held)[rng.integers(len(held))]))
        else:
            size = int(rng.integers(1, 9)) * PAGE
            offset = heap.take(size)
            if offset is not None:
                spans = [(start, start + length) for start, length in heap._taken.items() if start != offset]
                assert all(offset + size <= start or stop <= offset for start, stop in spans)
                held[offset] = offset
    for offset in held:
        heap.give_back(offset)
    assert heap.take(64 * PAGE) == 0


def test_no_memory_is_refused():
    with pytest.raises(ValueError, match="size must be an integer of at least 1"):
        Region(0)
