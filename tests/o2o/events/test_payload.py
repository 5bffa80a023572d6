"""Events to JSON and back."""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import ClassVar

import pytest

from o2o.events import DomainEvent
from o2o.events.definition import DuplicateEventTypeError, UnknownEventTypeError, event_class
from o2o.events.payload import PayloadError, codecs_of
from o2o.kit.money import Money
from o2o.tenancy.enums import Role
from tests.o2o.events.sample import Counted


@dataclass(frozen=True, kw_only=True)
class Everything(DomainEvent):
    event_type: ClassVar[str] = "test.everything"
    aggregate_type: ClassVar[str] = "test"
    version: ClassVar[int] = 2

    text: str
    number: int
    flag: bool
    other_id: uuid.UUID
    at: datetime
    on: date
    ratio: Decimal
    price: Money
    role: Role
    note: str | None = None
    lines: tuple[uuid.UUID, ...] = ()

    @classmethod
    def upgraded(cls, payload: dict[str, object], version: int) -> dict[str, object]:
        return {**payload, "flag": True}


def everything() -> Everything:
    return Everything(
        aggregate_id=uuid.uuid4(), text="茶", number=3, flag=False, other_id=uuid.uuid4(), at=datetime.now(UTC),
        on=date(2026, 2, 28), ratio=Decimal("0.10"), price=Money(Decimal("12.50"), "CNY"), role=Role.CLERK,
        lines=(uuid.uuid4(), uuid.uuid4()),
    )  # fmt: skip


def test_payload_survives_json() -> None:
    event = everything()
    text = json.dumps(event.to_payload())
    assert Everything.from_payload(json.loads(text), aggregate_id=event.aggregate_id) == event
    assert json.loads(text)["price"] == {"amount": "12.50", "currency": "CNY"}
    assert "aggregate_id" not in json.loads(text)


def test_payload_of_an_older_version_is_upgraded() -> None:
    event = everything()
    old = {name: value for name, value in event.to_payload().items() if name != "flag"}
    assert Everything.from_payload(old, aggregate_id=event.aggregate_id, version=1).flag is True
    with pytest.raises(PayloadError, match="flag"):
        Everything.from_payload(old, aggregate_id=event.aggregate_id, version=2)


def test_payload_of_a_newer_version_keeps_what_is_known() -> None:
    payload = {"number": 1, "added_later": "x"}
    assert Counted.from_payload(payload, aggregate_id=uuid.uuid4()).number == 1


@pytest.mark.parametrize("bad", [None, [], "text", {}, {"number": "1"}, {"number": True}, {"number": None}])
def test_payload_that_does_not_fit_is_refused(bad: object) -> None:
    with pytest.raises(PayloadError):
        Counted.from_payload(bad, aggregate_id=uuid.uuid4())


def test_two_classes_cannot_claim_one_type() -> None:
    with pytest.raises(DuplicateEventTypeError, match=r"test\.counted"):

        class Again(DomainEvent):
            event_type = "test.counted"


def test_unknown_type_is_named() -> None:
    with pytest.raises(UnknownEventTypeError, match=r"test\.never"):
        event_class("test.never")


def test_event_that_is_no_dataclass_or_carries_a_float_is_refused() -> None:
    class Undecorated(DomainEvent):
        event_type = "test.undecorated"
        aggregate_type = "test"
        number: int

    @dataclass(frozen=True, kw_only=True)
    class Float(DomainEvent):
        event_type: ClassVar[str] = "test.float"
        aggregate_type: ClassVar[str] = "test"
        ratio: float

    for wrong in (Undecorated, Float):
        with pytest.raises(PayloadError):
            codecs_of(wrong)
