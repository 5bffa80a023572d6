"""Returns in each state, of parcels that have arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.orders.demo.trade import Trade
from channels.orders.enums import Disposition, ReturnState
from channels.orders.models import FulfillmentOrder, Order, Return
from channels.orders.services.returning import (
    ReceivedLine,
    approve_return,
    receive_return,
    refund_return,
    refuse_return,
    request_return,
)
from channels.stores.enums import FulfillmentMethod

R, D = ReturnState, Disposition
WAYS = {
    R.REQUESTED: (),
    R.APPROVED: (R.APPROVED,),
    R.REFUSED: (R.REFUSED,),
    R.RECEIVED: (R.APPROVED, R.RECEIVED),
    R.REFUNDED: (R.APPROVED, R.RECEIVED, R.REFUNDED),
}


@dataclass(frozen=True, slots=True)
class Story:
    """How far a return has come, what it is about, and what the goods were like. ``missing`` units did not arrive."""

    state: ReturnState
    reason: str
    disposition: Disposition = Disposition.RESTOCK
    units: int = 1
    missing: int = 0


def make_returns(trade: Trade, stories: Sequence[Story], *, desk: str, store: str, at: datetime) -> None:
    """Let some parcels come back, the older ones the further; ``desk`` works on them, ``store`` takes them in."""
    orders = _arrived(len(stories))
    # What is settled happened first.
    ranked = sorted(stories, key=lambda story: len(WAYS[story.state]), reverse=True)
    for number, (order, story) in enumerate(zip(orders, ranked, strict=False)):
        arrived_at: datetime = order.completed_at or at
        asked_at = min(max(arrived_at + timedelta(days=1), at - timedelta(days=9 - number)), at)
        with trade.as_system(order.channel.name):
            line = order.lines.order_by("position")[0]
            units = min(story.units, line.fulfilled)
            made = request_return(order_id=order.pk, lines={line.pk: units}, reason=story.reason, at=asked_at)
        with trade.as_person(desk):
            _work(trade, made, story, store, asked_at=asked_at, at=at)


def _arrived(count: int) -> list[Order]:
    """Return orders whose parcels have arrived, the oldest of the last three weeks first."""
    parcels = FulfillmentOrder.objects.filter(method=FulfillmentMethod.SHIP, state="closed").values("order_id")
    rows = Order.objects.select_related("channel").filter(pk__in=parcels, state="completed", cancelled_total=0)
    return list(rows.order_by("-placed_at")[: count * 2 : 2])[::-1]


def _work(trade: Trade, row: Return, story: Story, store: str, *, asked_at: datetime, at: datetime) -> None:
    steps = WAYS[story.state]
    pause = (at - asked_at) / (len(steps) + 1)
    for number, step in enumerate(steps, start=1):
        moment = asked_at + pause * number
        match step:
            case R.APPROVED:
                approve_return(return_id=row.pk, at=moment)
            case R.REFUSED:
                refuse_return(return_id=row.pk, at=moment)
            case R.RECEIVED:
                arrived = [
                    ReceivedLine(line.pk, max(line.quantity - story.missing, 0), story.disposition)
                    for line in row.lines.all()
                ]
                receive_return(return_id=row.pk, location_id=trade.places[store].pk, lines=arrived, at=moment)
            case _refunded:
                refund_return(return_id=row.pk, at=moment)
