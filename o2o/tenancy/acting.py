"""Who is behind a change: told to the audit trail and to every line of the log."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar

import pghistory
import structlog

from o2o.tenancy.actor import Actor, ActorKind
from o2o.tenancy.enums import Origin

# Not in the log's context: the label of a person is their name.
_label: ContextVar[str] = ContextVar("o2o_actor_label", default="")
_id: ContextVar[uuid.UUID | None] = ContextVar("o2o_actor_id", default=None)
_origin: ContextVar[Origin] = ContextVar("o2o_origin", default=Origin.BACKGROUND)


def current_actor_label() -> str:
    """Return who is acting, in words for ledgers and timelines; empty where nobody is named."""
    return _label.get()


def current_actor_id() -> uuid.UUID | None:
    """Return the id of the person or program that is acting, or that started the job; None where nobody is."""
    return _id.get()


def current_origin() -> Origin:
    """Return from where they act, for timelines."""
    return _origin.get()


@contextmanager
def _told(label: str, origin: Origin, actor_id: uuid.UUID | None = None) -> Iterator[None]:
    label_before, id_before, origin_before = _label.set(label), _id.set(actor_id), _origin.set(origin)
    try:
        yield
    finally:
        _label.reset(label_before)
        _id.reset(id_before)
        _origin.reset(origin_before)


@contextmanager
def acting_as(
    actor: Actor, *, origin: Origin, request_id: str = "", address: str = "", writes: bool = True
) -> Iterator[None]:
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
        _told(actor.label, origin, actor.id),
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
    label, starter = details.get("started_by") or name, details.get("started_by_id")
    with (
        _told(label, Origin.BACKGROUND, uuid.UUID(starter) if starter else None),
        structlog.contextvars.bound_contextvars(**context),
        pghistory.context(**context),
    ):
        yield
