"""Who is behind a change: told to the audit trail and to every line of the log."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar

import pghistory
import structlog

from o2o.tenancy.actor import Actor, ActorKind

# Not in the log's context: the label of a person is their name.
_label: ContextVar[str] = ContextVar("o2o_actor_label", default="")


def current_actor_label() -> str:
    """Return who is acting, in words for ledgers and timelines; empty where nobody is named."""
    return _label.get()


@contextmanager
def _labelled(label: str) -> Iterator[None]:
    token = _label.set(label)
    try:
        yield
    finally:
        _label.reset(token)


@contextmanager
def acting_as(actor: Actor, *, request_id: str = "", address: str = "", writes: bool = True) -> Iterator[None]:
    """Write the actor, their merchant, the request and the address into each audit entry and log line of the block.

    Where nothing is written (``writes=False``) the audit context, which lengthens each statement, is left out.
    """
    context = {
        "actor_kind": actor.kind.value,
        "actor_id": str(actor.id),
        "merchant_id": str(actor.merchant_id),
        "request_id": request_id,
    }
    with (
        _labelled(actor.label),
        structlog.contextvars.bound_contextvars(**context),
        pghistory.context(**context, actor_label=actor.label, address=address) if writes else nullcontext(),
    ):
        yield


@contextmanager
def acting_for(merchant_id: uuid.UUID, name: str, *, request_id: str = "", **details: str) -> Iterator[None]:
    """Write the task or subscriber that works for a merchant, and the request that caused it, in the actor's place."""
    context = {
        "actor_kind": ActorKind.SYSTEM.value,
        "actor_label": name,
        "merchant_id": str(merchant_id),
        "request_id": request_id,
        **details,
    }
    label = details.get("started_by") or name
    with _labelled(label), structlog.contextvars.bound_contextvars(**context), pghistory.context(**context):
        yield
