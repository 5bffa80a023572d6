"""When a change of price looks like a mistake: pure arithmetic.

A move is the logarithm of new over old price, so that halving and doubling weigh the same. Its robust z is
``0.6745 × (move − median) / MAD`` over the earlier moves of the variant in all channels (Iglewicz and Hoaglin, How to
Detect and Handle Outliers, 1993, who hold 3.5 for an outlier). Prices that never or hardly moved have a MAD of zero or
near it, which would make every move an outlier: it counts as at least ``SMALLEST_SPREAD``. With fewer than
``ENOUGH_MOVES`` moves there is no history to speak of, and a move beyond ``WIDEST_MOVE`` is held.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

ENOUGH_MOVES = 5
LARGEST_Z = 3.5
SMALLEST_SPREAD = 0.05
WIDEST_MOVE = math.log(1.75)
# A slipped decimal point is a mistake even where a wild history would excuse it.
ABSURD_MOVE = math.log(5)


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong with a move, in figures."""

    old: Decimal
    new: Decimal
    moves: int
    median: float
    spread: float
    z: float | None

    def evidence(self) -> dict[str, Any]:
        """Return the figures for keeping."""
        change = float(self.new / self.old - 1) * 100 if self.old else None
        return {
            "old": f"{self.old.normalize():f}",
            "new": f"{self.new.normalize():f}",
            "change_percent": None if change is None else round(change, 1),
            "moves": self.moves,
            "median": round(self.median, 4),
            "spread": round(self.spread, 4),
            "z": None if self.z is None else round(self.z, 1),
        }


def look_at(*, old: Decimal, new: Decimal, moves: Sequence[float]) -> Alarm | None:
    """Return the alarm that a change from ``old`` to ``new`` raises, or None where it looks right.

    ``moves`` holds the variant's moves before, as logarithms, in any order. A price of zero, or one from zero, is
    always held, since no ratio can judge it.
    """
    if new == old:
        return None
    if old <= 0 or new <= 0:
        return Alarm(old, new, 0, 0.0, 0.0, None)
    move = math.log(new / old)
    middle = median(moves) if moves else 0.0
    spread = max(median(abs(value - middle) for value in moves) if moves else 0.0, SMALLEST_SPREAD)
    z = 0.6745 * (move - middle) / spread if len(moves) >= ENOUGH_MOVES else None
    is_wrong = abs(move) > WIDEST_MOVE if z is None else abs(z) > LARGEST_Z
    if is_wrong or abs(move) >= ABSURD_MOVE:
        return Alarm(old, new, len(moves), middle, spread, z)
    return None
