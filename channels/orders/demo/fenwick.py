"""A month at Fenwick's: parcels from the warehouse, collections from shops, sales at the tills."""

from datetime import datetime, timedelta
from decimal import Decimal

from channels.inventory.demo.fenwick import NOT_IN_STOCK
from channels.orders.demo.course import Course, Pace, Words
from channels.orders.demo.diary import Diary
from channels.orders.demo.month import live_through
from channels.orders.demo.returns import Story, make_returns
from channels.orders.demo.trade import Customers, Mix, Trade
from channels.orders.enums import AdjustmentKind, Disposition, FulfillmentState, ReturnState
from channels.orders.models import FulfillmentOrder
from channels.orders.services.policies import create_acceptance_policy
from channels.orders.services.rules import save_rule
from channels.stores.demo.fenwick import HOME, STORES
from channels.stores.enums import FulfillmentMethod

M, R, D = FulfillmentMethod, ReturnState, Disposition
EVERYTHING = ("kitchen", "cleaning", "bath", "garden", "walking", "fireside")
WEB = Mix(
    "web-shop", 0.7, {M.SHIP: 70, M.PICKUP: 30}, {M.SHIP: EVERYTHING, M.PICKUP: EVERYTHING},
    (8, 9, 10, 11, 12, 13, 14, 16), ("card", "paypal"), carriage=Decimal("3.95"),
)  # fmt: skip
TILLS = Mix("tills", 0.5, {M.IN_STORE: 1}, {M.IN_STORE: EVERYTHING}, (9, 10, 11, 12, 13, 14, 15, 16), ("card", "cash"))
TRADEPOST = Mix(
    "tradepost", 0.4, {M.SHIP: 1}, {M.SHIP: ("kitchen", "bath", "cleaning", "walking")}, (8, 12, 18, 20, 21),
    ("tradepost",), prefix="TP-",
)  # fmt: skip
CUSTOMERS = Customers(
    names=("A. Thornton", "Beth Lister", "C. Ackroyd", "Dev Patel", "Ewan Hughes", "F. Nightingale", "Gwen Rhys"),
    phone=lambda luck: f"07700 900{luck.randrange(1000):03d}",
    streets=("# Mill Lane", "# Station Road", "# Church Street", "# Moor View", "# Chapel Fold"),
    stores={code: 4 if code == HOME else 1 for code in STORES},
    country="GB",
    discounts=((AdjustmentKind.VOUCHER, "WELCOME", Decimal(5), 0), (AdjustmentKind.MANUAL, "Staff", Decimal(2), 0)),
    avoid=(NOT_IN_STOCK,),
)
PACES = {
    M.PICKUP: Pace(accept=(2, 40), prepare=(20, 90), fetch=(60, 2000), arrive=(0, 0)),
    M.SHIP: Pace(accept=(15, 200), prepare=(60, 600), fetch=(0, 0), arrive=(1400, 4000)),
}
RETURNS = (
    Story(R.REQUESTED, "Wrong colour"),
    Story(R.APPROVED, "Changed my mind"),
    Story(R.RECEIVED, "Chipped rim", D.DAMAGED),
    Story(R.REFUNDED, "Too small"),
    Story(R.REFUSED, "Used"),
)


def load(*, at: datetime) -> None:
    """Live through the month of the merchant in scope, up to now."""
    trade = Trade(CUSTOMERS, seed=4, time_zone="Europe/London")
    with trade.as_person("operations@fenwick.example"):
        first = {"when": {"methods": ["ship"]}, "prefer": ["priority", "nearest"], "split": "lines", "max_parts": 2}
        save_rule(name="Warehouse first, then the nearest shop", definition=first, position=10, at=at)
        channels = {code: channel.pk for code, channel in trade.channels.items()}
        create_acceptance_policy(channel_id=channels["web-shop"], accept_minutes=240, remind_minutes=120)
        create_acceptance_policy(channel_id=channels["tradepost"], accept_minutes=24 * 60, remind_minutes=8 * 60)
    diary = Diary(ends=at)
    course = Course(
        trade,
        diary,
        paces=PACES,
        carriers={M.SHIP: ("Royal Mail", "DPD")},
        clerks={HOME: "clerk@fenwick.example"},
        words=Words("shop", "Changed my mind", "Lost the e-mail; known to us", "No shop has it", "customer"),
    )
    live_through(trade, course, diary, (WEB, TILLS, TRADEPOST), busy={4: 1.2, 5: 1.8})
    make_returns(trade, RETURNS, desk="operations@fenwick.example", store=HOME, at=at)
    _today(trade, course, at)


def _today(trade: Trade, course: Course, at: datetime) -> None:
    home = trade.places[HOME]
    for number, basket in enumerate(([("CDL-6", 1)], [("ENM-WHT", 2), ("TWL-STR", 1)], [("ENM-NVY", 1)])):
        placed = at - timedelta(minutes=200 - 60 * number)
        order = trade.buy(WEB, placed, method=M.PICKUP, store=home, basket=basket)
        for part in FulfillmentOrder.objects.filter(order=order, state=FulfillmentState.OPEN, location=home):
            if number < 2:
                course.accept(part.pk, placed + timedelta(minutes=12))
            if number < 1:
                course.ready(part.pk, placed + timedelta(minutes=40))
    for hours in (20, 6, 1):
        trade.buy(TRADEPOST, at - timedelta(hours=hours))
    trade.buy(WEB, at - timedelta(hours=9), method=M.SHIP, basket=[(NOT_IN_STOCK, 3)])
    trade.buy(WEB, at - timedelta(hours=2), method=M.SHIP, basket=[("BLK-GRY", 1), (NOT_IN_STOCK, 1)])
