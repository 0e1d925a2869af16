"""What every shell checks of its settings."""

import numpy as np


def check_whole(at_most: int | None = None, **values: int) -> None:
    """Refuse what isn't a whole number of at least 1.

    Raises:
        ValueError: naming the setting.
    """
    limit = "" if at_most is None else f" (and at most {at_most:,})"
    for name, value in values.items():
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or value < 1 or (at_most is not None and value > at_most):
            raise ValueError(f"{name} must be an integer of at least 1{limit}, got {value!r}")
