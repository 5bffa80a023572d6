"""What happened, told to whoever must know: domain events, outbox, webhooks, idempotency.

An app says what happened with ``emit(OrderPlaced(...))`` inside its transaction; ``@receiver`` acts in that same
transaction, ``@subscriber`` acts soon after in a worker. ``docs/events.md`` tells the rest.
"""

from typing import TYPE_CHECKING, Any

from o2o.events.definition import DomainEvent
from o2o.events.registry import Envelope, fan_out, group_receiver, receiver, subscriber

if TYPE_CHECKING:
    from o2o.events.services import emit, emit_all

__all__ = ["DomainEvent", "Envelope", "emit", "emit_all", "fan_out", "group_receiver", "receiver", "subscriber"]


def __getattr__(name: str) -> Any:
    # emit needs the models, which do not exist yet when Django imports this package as an app.
    if name in ("emit", "emit_all"):
        from o2o.events import services

        return getattr(services, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
