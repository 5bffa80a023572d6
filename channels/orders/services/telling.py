"""How events and the timeline name a fulfilment."""

from datetime import datetime
from typing import Any

from channels.orders.enums import TimelineKind
from channels.orders.models import FulfillmentOrder
from channels.orders.services.timeline import note


def names(fulfillment: FulfillmentOrder) -> dict[str, Any]:
    """Return the fields by which every event names a fulfilment that has a location."""
    return {
        "aggregate_id": fulfillment.order_id,
        "fulfillment_id": fulfillment.pk,
        "location_id": fulfillment.location_id,
    }


def note_step(fulfillment: FulfillmentOrder, kind: TimelineKind, at: datetime, **details: Any) -> None:
    """Write into the order's timeline what happened to a fulfilment, and where. Instants become RFC 3339."""
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in details.items()}
    where = {"fulfillment_id": str(fulfillment.pk), "location_id": str(fulfillment.location_id)}
    note(order_id=fulfillment.order_id, kind=kind, at=at, details={**where, **plain})
