"""Orders, their fulfilment, routing and returns."""

from channels.orders.models.fulfillment import AcceptancePolicy, FulfillmentLine, FulfillmentOrder, PickupCode
from channels.orders.models.orders import LineAdjustment, Order, OrderLine, Payment, TimelineEntry
from channels.orders.models.returns import Return, ReturnLine
from channels.orders.models.routing import RoutingDecision, RoutingRule, RuleReplay

__all__ = [
    "AcceptancePolicy",
    "FulfillmentLine",
    "FulfillmentOrder",
    "LineAdjustment",
    "Order",
    "OrderLine",
    "Payment",
    "PickupCode",
    "Return",
    "ReturnLine",
    "RoutingDecision",
    "RoutingRule",
    "RuleReplay",
    "TimelineEntry",
]
