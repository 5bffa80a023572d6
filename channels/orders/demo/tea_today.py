"""What is going on at Tea Isle at the moment, whatever the time of day is."""

from datetime import datetime, timedelta
from decimal import Decimal

from channels.inventory.demo.tea import NOT_IN_STOCK, SCARCE
from channels.orders.demo.course import Course
from channels.orders.demo.trade import Basket, Mix, Trade
from channels.orders.drafts import LineDraft, OrderDraft
from channels.orders.enums import FulfillmentState, RejectionReason
from channels.orders.models import FulfillmentOrder, Order
from channels.orders.services.fulfilling import accept, extend_pickup, mark_ready, reject
from channels.orders.services.ingesting import ingest_order
from channels.stores.demo.tea import ALWAYS_OPEN, HOME, KIOSK
from channels.stores.enums import FulfillmentMethod

M = FulfillmentMethod
PICKUP = Mix("mini-program", 0, {M.PICKUP: 1}, {M.PICKUP: ("milk-tea", "fruit-tea")}, (), ("wechat_pay",))
PARCEL = Mix("mini-program", 0, {M.SHIP: 1}, {M.SHIP: ("boxed-tea",)}, (), ("wechat_pay",), carriage=Decimal(8))
COURIER = Mix("meituan", 0, {M.DELIVER: 1}, {M.DELIVER: ("milk-tea",)}, (), ("meituan",), prefix="MT")
HUNGRY = Mix("eleme", 0, {M.DELIVER: 1}, {M.DELIVER: ("milk-tea",)}, (), ("alipay",), prefix="EL")
MALL = Mix("tmall", 0, {M.SHIP: 1}, {M.SHIP: ("boxed-tea",)}, (), ("alipay",), prefix="TM")
# South of the city, farther from every store than a courier rides.
FAR_AWAY = (31.0322, 121.2277)
ON_THE_WAY: tuple[Basket, ...] = (
    [("BRN-L", 2), ("ASM-M", 1)],
    [("LMN-L", 1)],
    [("PCH-M", 1), ("EGG-BAG", 1)],
    [("OOL-L", 3)],
    [("TRO-M", 1)],
    [("JAS-M", 2), ("TGY-M", 1)],
)


def live_today(trade: Trade, course: Course, *, at: datetime) -> None:
    """Let orders stand at each step of their way, and some wait for a location."""
    _being_made(trade, course, at)
    _not_answered(trade, at)
    _waiting(trade, course, at)
    _changed_minds(trade, course, at)
    _told_twice(trade, at)


def _being_made(trade: Trade, course: Course, at: datetime) -> None:
    """Pickups that are being made or lie ready: at the store of the clerk, and at the one that never closes."""
    for code in (HOME, ALWAYS_OPEN):
        store = trade.places[code]
        for number, basket in enumerate(ON_THE_WAY):
            placed = at - timedelta(minutes=34 - 4 * number)
            promised = timedelta(minutes=20 if number < 4 else 45)
            order = trade.buy(PICKUP, placed, method=M.PICKUP, store=store, basket=basket, promised_in=promised)
            for part in _parts(order):
                course.accept(part.pk, placed + timedelta(minutes=2))
                if number < 3:
                    course.ready(part.pk, placed + timedelta(minutes=9))
    # Since yesterday; one customer has asked for another day.
    for hours, is_extended in ((20, False), (26, True)):
        placed = at - timedelta(hours=hours)
        order = trade.buy(PICKUP, placed, store=trade.places[HOME], basket=[("JMT-15", 1), ("SEA-CAN", 2)])
        for part in _parts(order):
            with course.as_store(part):
                accept(fulfillment_id=part.pk, at=placed + timedelta(minutes=1))
                mark_ready(fulfillment_id=part.pk, at=placed + timedelta(minutes=8))
                if is_extended:
                    extend_pickup(fulfillment_id=part.pk, at=at - timedelta(hours=3))


def _not_answered(trade: Trade, at: datetime) -> None:
    """Orders that a store has still to accept, some too late already; the clock will act on those."""
    for code, minutes in (
        (ALWAYS_OPEN, 22),
        (ALWAYS_OPEN, 17),
        (ALWAYS_OPEN, 9),
        (ALWAYS_OPEN, 3),
        (HOME, 6),
        (HOME, 2),
    ):
        basket = trade.luck.choice(ON_THE_WAY)
        trade.buy(PICKUP, at - timedelta(minutes=minutes), method=M.PICKUP, store=trade.places[code], basket=basket)
    for hours in (23.9, 23.8, 19, 11, 5, 1.5):
        trade.buy(MALL, at - timedelta(hours=hours), method=M.SHIP)


def _waiting(trade: Trade, course: Course, at: datetime) -> None:
    """Orders that nobody can fulfil now, one or two for each reason."""
    home = trade.places[HOME]
    # The new year's box has not come.
    for mix, hours, units in ((PARCEL, 30, 1), (MALL, 21, 2), (PARCEL, 4, 1)):
        trade.buy(mix, at - timedelta(hours=hours), method=M.SHIP, basket=[(NOT_IN_STOCK, units)])
    # A part of it is there: it goes, and the rest waits.
    trade.buy(PARCEL, at - timedelta(hours=7), method=M.SHIP, basket=[("LJT-50", 1), (SCARCE, 5)])
    trade.buy(COURIER, at - timedelta(minutes=50), store=home, place=FAR_AWAY, basket=[("ASM-L", 2)])
    trade.buy(HUNGRY, at - timedelta(minutes=35), store=home, basket=[("EL-8841", 1)])
    closed = trade.buy(PICKUP, at - timedelta(hours=3), store=trade.places["SZ-003"], basket=[("OOL-M", 2)])
    for part in _parts(closed):
        with course.as_store(part):
            reject(fulfillment_id=part.pk, reason=RejectionReason.CLOSED, at=at - timedelta(hours=2.8))
    # The kiosk at the station takes six orders a day.
    for number in range(7):
        order = trade.buy(
            PICKUP, at - timedelta(minutes=90 - 10 * number), store=trade.places[KIOSK], basket=[("LMN-M", 1)]
        )
        for part in _parts(order):
            course.accept(part.pk, at - timedelta(minutes=88 - 10 * number))


def _changed_minds(trade: Trade, course: Course, at: datetime) -> None:
    """An order that was cancelled, and one of which a cup was."""
    for hours, is_whole in ((8, True), (6, False)):
        placed = at - timedelta(hours=hours)
        order = trade.buy(PICKUP, placed, method=M.PICKUP, store=trade.places[ALWAYS_OPEN], basket=ON_THE_WAY[0])
        lines = list(order.lines.order_by("position"))
        units = {line.pk: line.quantity for line in lines} if is_whole else {lines[0].pk: 1}
        course.cancel(order.pk, units, course.words.changed_mind, placed + timedelta(minutes=2))
        for part in _parts(order):
            course.accept(part.pk, placed + timedelta(minutes=3))
            course.ready(part.pk, placed + timedelta(minutes=12))


def _told_twice(trade: Trade, at: datetime) -> None:
    """A platform changes an order, and an older message of it comes afterwards."""
    channel, variant = trade.channels["tmall"], trade.offers["tmall"]["OLT-15"]

    def message(units: int) -> OrderDraft:
        line = LineDraft(units, variant.price, variant_id=variant.variant_id, name=variant.name, external_id="OLT-15")
        return OrderDraft(channel.pk, M.SHIP, [line], at - timedelta(hours=2), external_id="TM-CHANGED-01")

    with trade.as_system(channel.name):
        for version, units, minutes in ((1, 2, 120), (3, 4, 40), (2, 3, 35)):
            moment = at - timedelta(minutes=minutes)
            ingest_order(draft=message(units), version=version, at=moment)


def _parts(order: Order) -> list[FulfillmentOrder]:
    return list(
        FulfillmentOrder.objects.filter(order=order, state=FulfillmentState.OPEN, location__isnull=False).order_by("pk")
    )
