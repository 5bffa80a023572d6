"""Why a location or channel cannot be switched off now. Apps above know; they sign up here.

@keeps_open
def stock_lies_there(location: StockLocation) -> str | None: ...
"""

from collections.abc import Callable
from typing import TypeVar

from channels.stores.models import StockLocation

Reason = Callable[[StockLocation], str | None]
Registered = TypeVar("Registered", bound=Reason)

_reasons: list[Reason] = []


def keeps_open(reason: Registered) -> Registered:
    """Register what returns a sentence where the location is still needed, else None."""
    _reasons.append(reason)
    return reason


def reasons_to_stay_open(location: StockLocation) -> list[str]:
    """Return every reason for which the location cannot be switched off."""
    return [text for reason in _reasons if (text := reason(location))]
