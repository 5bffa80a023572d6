"""Events of the tests."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from o2o.events import DomainEvent, emit
from o2o.tenancy.scope import tenant_transaction


@dataclass(frozen=True, kw_only=True)
class Counted(DomainEvent):
    """Somebody counted to a number."""

    event_type: ClassVar[str] = "test.counted"
    aggregate_type: ClassVar[str] = "test"

    number: int


def say(merchant_id: uuid.UUID, *numbers: int, about: uuid.UUID | None = None) -> uuid.UUID:
    """Emit numbers about one thing, in a transaction of their own."""
    about = about or uuid.uuid4()
    with tenant_transaction(merchant_id):
        for number in numbers:
            emit(Counted(aggregate_id=about, number=number))
    return about


@dataclass(frozen=True, kw_only=True)
class Heard(DomainEvent):
    """A subscriber heard a number."""

    event_type: ClassVar[str] = "test.heard"
    aggregate_type: ClassVar[str] = "test"

    number: int
