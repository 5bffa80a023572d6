"""What a store can do with a fulfilment in which state; the services refuse everything else."""

from collections.abc import Mapping
from enum import StrEnum

from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentOrder
from channels.stores.enums import FulfillmentMethod

S, M = FulfillmentState, FulfillmentMethod
CARRIED = frozenset({M.SHIP, M.DELIVER})
FETCHED = frozenset({M.PICKUP})
ANY = frozenset(FulfillmentMethod)


class Step(StrEnum):
    """Something that a store does with a fulfilment."""

    ACCEPT = "accept"
    REJECT = "reject"
    READY = "ready"
    HAND_OVER = "hand_over"
    SHIP = "ship"
    CLOSE = "close"
    EXTEND_PICKUP = "extend_pickup"


STEPS: Mapping[Step, tuple[frozenset[FulfillmentState], frozenset[FulfillmentMethod]]] = {
    Step.ACCEPT: (frozenset({S.OPEN}), ANY),
    Step.REJECT: (frozenset({S.OPEN, S.ACCEPTED, S.READY}), ANY),
    Step.READY: (frozenset({S.ACCEPTED}), ANY),
    Step.HAND_OVER: (frozenset({S.READY}), FETCHED),
    Step.SHIP: (frozenset({S.ACCEPTED, S.READY}), CARRIED),
    Step.CLOSE: (frozenset({S.SHIPPED, S.HANDED_OVER}), ANY),
    Step.EXTEND_PICKUP: (frozenset({S.READY}), FETCHED),
}


def possible_steps(fulfillment: FulfillmentOrder) -> list[Step]:
    """Return what a store can do now; nothing while it waits for a location."""
    if fulfillment.location_id is None:
        return []
    return [
        step
        for step, (states, methods) in STEPS.items()
        if fulfillment.state in states
        and fulfillment.method in methods
        and not (step is Step.EXTEND_PICKUP and fulfillment.is_pickup_extended)
    ]
