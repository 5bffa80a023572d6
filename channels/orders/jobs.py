"""Long work on orders."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from channels.orders.services.replaying import AT_ONCE, JOB, Place, orders_to_look_at, replay_next
from o2o.kit.jobs import Batch, JobKind, job_kind


@job_kind(JOB, label=_("Trying a routing rule"))
class ReplayRule(JobKind):
    """Decide past orders once more, with a rule and without it. Parameter: ``replay_id``."""

    # Hundreds of orders over hundreds of locations take a second or two on a free core.
    lease_seconds: ClassVar[float] = 120.0
    at_once: ClassVar[int] = AT_ONCE

    def total(self, *, parameters: Mapping[str, Any]) -> int | None:
        """Count the orders of the trial's days."""
        return orders_to_look_at(replay_id=_replay_id(parameters))

    def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
        """Decide the next orders."""
        step = replay_next(replay_id=_replay_id(parameters), after=_place(cursor), at=at, limit=self.at_once)
        if step.after is None:
            return Batch(None, done=step.looked_at)
        placed_at, order_id = step.after
        return Batch({"placed_at": placed_at.isoformat(), "order_id": str(order_id)}, done=step.looked_at)


def _replay_id(parameters: Mapping[str, Any]) -> uuid.UUID:
    return uuid.UUID(parameters["replay_id"])


def _place(cursor: Mapping[str, Any] | None) -> Place | None:
    placed_at = parse_datetime(cursor["placed_at"]) if cursor else None
    return (placed_at, uuid.UUID(cursor["order_id"])) if cursor and placed_at else None
