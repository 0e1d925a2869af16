"""Counter-based random numbers: a hash of (seed, counter), the same on every machine, thread and batch size."""

import numpy as np

from sims.core.kernels import kernel

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@kernel
def mix(z):
    """One round of SplitMix64's finaliser (Steele, Lea, Flood 2014): a bijection on uint64 that scatters its bits."""
    z = np.uint64(z) + GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel
def pick(seed, counter, n):
    """An index in `[0, n)`, n < 2^32, from a hash of the uint64s `seed` and `counter`."""
    high = mix(mix(seed) ^ mix(np.uint64(counter) + GOLDEN)) >> np.uint64(32)
    return np.int64((high * np.uint64(n)) >> np.uint64(32))


def slot_seeds(seed: int, n: int) -> np.ndarray:
    """Seeds of the slots of a batch, `[n]` uint64: slot i gets `seed + i`, modulo 2^64.

    Raises:
        ValueError: the seed is negative or not an integer.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"a seed must be an integer of at least 0, got {seed!r}: pass e.g. seed=0")
    return np.uint64(int(seed) % 2**64) + np.arange(n, dtype=np.uint64)
