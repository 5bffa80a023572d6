"""The timeline of an order."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model

from channels.orders.enums import TimelineKind
from channels.orders.models import TimelineEntry
from o2o.events import DomainEvent, emit_all
from o2o.kit.inserting import new_row
from o2o.tenancy.acting import current_actor_label, current_origin


@dataclass(slots=True)
class News:
    """What is to be written of a change of an order: new rows, entries of its timeline, and events for others."""

    rows: list[Model] = field(default_factory=list)
    entries: list[TimelineEntry] = field(default_factory=list)
    events: list[DomainEvent] = field(default_factory=list)


def tell(news: News) -> None:
    """Write what has gathered, in one round trip, and call the receivers of the events."""
    emit_all(news.events, after=[*news.rows, *news.entries])


def note(
    *,
    order_id: uuid.UUID,
    kind: TimelineKind,
    at: datetime,
    details: Mapping[str, Any] | None = None,
) -> TimelineEntry:
    """Write down what happened to an order, with whoever acts and from where.

    ``details`` holds no person's particulars.
    """
    entry = entry_of(order_id=order_id, kind=kind, at=at, details=details)
    entry.save(force_insert=True)
    return entry


def entry_of(
    *,
    order_id: uuid.UUID,
    kind: TimelineKind,
    at: datetime,
    details: Mapping[str, Any] | None = None,
) -> TimelineEntry:
    """Return an entry that is not written yet, for those who write many."""
    return new_row(
        TimelineEntry,
        order_id=order_id,
        kind=kind,
        details=dict(details or {}),
        actor_label=current_actor_label()[:200],
        origin=current_origin(),
        occurred_at=at,
    )
