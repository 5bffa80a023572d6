"""Who is behind a change: told to the audit trail and to every line of the log."""

from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
import structlog

from o2o.tenancy.actor import Actor


@contextmanager
def acting_as(actor: Actor, *, request_id: str = "", address: str = "") -> Iterator[None]:
    """Write the actor, their merchant, the request and the address into each audit entry and log line of the block."""
    context = {
        "actor_kind": actor.kind.value,
        "actor_id": str(actor.id),
        "merchant_id": str(actor.merchant_id),
        "request_id": request_id,
    }
    with (
        structlog.contextvars.bound_contextvars(**context),
        pghistory.context(**context, actor_label=actor.label, address=address),
    ):
        yield
