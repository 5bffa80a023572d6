"""Say what happened."""

import uuid
import zlib
from collections.abc import Sequence

import structlog
from django.db import connection, transaction
from django.db.models import Model

from o2o.events import bell
from o2o.events.definition import DomainEvent
from o2o.events.models import PARTITIONS, OutboxEvent
from o2o.events.registry import group_receivers_of, receivers_of
from o2o.kit import clock
from o2o.kit.inserting import insert_all, new_row
from o2o.tenancy.scope import NoTransactionError, current_merchant_id


class NoScopeError(RuntimeError):
    """An event was emitted outside the scope of a merchant."""


def emit(event: DomainEvent) -> OutboxEvent:
    """Write the event to the outbox and call its receivers, all in the caller's transaction.

    As ``emit_all`` with one event.
    """
    return emit_all([event])[0]


def emit_all(events: Sequence[DomainEvent], *, after: Sequence[Model] = ()) -> list[OutboxEvent]:
    """Write events to the outbox, in one statement, and call their receivers, all in the caller's transaction.

    ``after`` are new rows that the events tell of, written before them in the same round trip. The caller holds the
    lock on the aggregate's row, or has just made the row: that is what puts the events of one aggregate in order.
    Raises ``NoTransactionError`` or ``NoScopeError`` where there is no transaction or no merchant, and whatever a
    receiver raises. The positions are known to the database alone. Subscribers hear of it within moments of the commit.
    """
    if not events:
        insert_all(after)
        return []
    merchant_id = current_merchant_id()
    kind = events[0].event_type
    if not connection.in_atomic_block:
        raise NoTransactionError(f"{kind} was emitted outside a transaction, so nothing ties it to its cause.")
    if merchant_id is None:
        raise NoScopeError(f"{kind} was emitted outside the scope of a merchant; enter tenant_scope first.")
    rows = [_row(event, merchant_id) for event in events]
    insert_all([*after, *rows])
    for event in events:
        for receive in receivers_of(type(event)):
            receive(event)
    for event_class in dict.fromkeys(map(type, events)):
        for receive_all in group_receivers_of(event_class):
            receive_all([event for event in events if type(event) is event_class])
    _ring_after_commit()
    return rows


def _row(event: DomainEvent, merchant_id: uuid.UUID) -> OutboxEvent:
    return new_row(
        OutboxEvent,
        merchant_id=merchant_id,
        partition=partition_of(event.aggregate_id),
        event_type=event.event_type,
        version=event.version,
        aggregate_type=event.aggregate_type,
        aggregate_id=event.aggregate_id,
        payload=event.to_payload(),
        occurred_at=clock.now(),
        request_id=str(structlog.contextvars.get_contextvars().get("request_id") or "")[:64],
    )


def partition_of(aggregate_id: uuid.UUID) -> int:
    """Return the partition of an aggregate: the same one in every process and for good."""
    return zlib.crc32(aggregate_id.bytes) % PARTITIONS


def _ring_after_commit() -> None:
    # Once per transaction: an entry is taken back with the savepoint that made it, and so is looked for anew.
    if not any(entry[1] is bell.ring_relay for entry in connection.run_on_commit):
        transaction.on_commit(bell.ring_relay, robust=True)
