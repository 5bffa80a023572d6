"""A row for each list of orders."""

from channels.orders.models import AcceptancePolicy, FulfillmentOrder, Order, Return, RoutingRule, RuleReplay
from channels.orders.services import fulfilling, returning
from channels.orders.services.replaying import start_replay
from channels.orders.services.rules import save_rule, set_acceptance
from o2o.kit.clock import now
from o2o.kit.models import uuid7
from o2o.tenancy.models import Merchant
from tests.channels.factories import SalesChannelFactory
from tests.channels.orders.conftest import make_shop, paid, place
from tests.o2o.console.rows import KEYS, row_of

KEYS.update(
    {
        "order_id": Order,
        "fulfillment_id": FulfillmentOrder,
        "return_id": Return,
        "rule_id": RoutingRule,
        "replay_id": RuleReplay,
    }
)


@row_of(Order)
def order(merchant: Merchant) -> Order:
    return place(make_shop(merchant), 2, payments=[paid(36)])


@row_of(FulfillmentOrder)
def fulfillment(merchant: Merchant) -> FulfillmentOrder:
    return order(merchant).fulfillments.select_related("order", "location").get()


@row_of(Return)
def some_return(merchant: Merchant) -> Return:
    part = fulfillment(merchant)
    fulfilling.accept(fulfillment_id=part.pk, at=now())
    fulfilling.ship(fulfillment_id=part.pk, at=now())
    line = part.order.lines.get()
    return returning.request_return(order_id=part.order_id, lines={line.pk: 1}, location_id=part.location_id, at=now())


@row_of(RoutingRule)
def rule(merchant: Merchant) -> RoutingRule:
    return save_rule(name=f"Rule {uuid7().hex[-8:]}", definition={"prefer": ["nearest"]}, at=now())


@row_of(RuleReplay)
def trial(merchant: Merchant) -> RuleReplay:
    return start_replay(name="Nearest", definition={"prefer": ["nearest"]}, position=100, at=now())


@row_of(AcceptancePolicy)
def acceptance(merchant: Merchant) -> AcceptancePolicy:
    return set_acceptance(channel_id=SalesChannelFactory(merchant=merchant).pk, accept_minutes=15, at=now())
