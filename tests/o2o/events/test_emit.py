from dataclasses import dataclass
import uuid
from typing import ClassVar
import pytest
from o2o.events import DomainEvent, emit
from o2o.events.models import OutboxEvent

@dataclass(frozen=True, kw_only=True)
class Hello(DomainEvent):
    event_type: ClassVar[str] = "test.hello"
    aggregate_type: ClassVar[str] = "test"
    n: int

def test_emit(scope):
    row = emit(Hello(aggregate_id=uuid.uuid4(), n=3))
    assert OutboxEvent.objects.get().payload == {"n": 3}
    assert row.position > 0
