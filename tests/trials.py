"""How often a fault is tried: a few times in ``make test``, as often as a nightly run holds in ``make faults``."""

import os


def trials(short: int, *, long: int) -> int:
    """Return the number of trials of this run."""
    return long if os.environ.get("O2O_FAULTS") == "long" else short
