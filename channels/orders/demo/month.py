"""A month of business: each channel by its mix, day by day, and each order on its course."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from channels.orders.demo.course import Course
from channels.orders.demo.diary import Diary
from channels.orders.demo.trade import Mix, Trade
from channels.stores.enums import FulfillmentMethod

DAYS = 30


def live_through(
    trade: Trade, course: Course, diary: Diary, mixes: Sequence[Mix], *, busy: Mapping[int, float]
) -> None:
    """Let people buy for thirty days up to the end of the diary; ``busy`` says how much more on some weekdays."""
    today = diary.ends.astimezone(trade.zone).date()
    for back in range(DAYS, -1, -1):
        day = today - timedelta(days=back)
        for mix in mixes:
            for _order in range(_how_many(trade, mix.a_day * busy.get(day.weekday(), 1))):
                diary.note(trade.moment(day, mix.hours), partial(_buy, trade, course, mix))
    diary.run()


def _how_many(trade: Trade, wanted: float) -> int:
    """Return a whole number that is ``wanted`` on average."""
    whole = int(wanted)
    return whole + (trade.luck.random() < wanted - whole)


def _buy(trade: Trade, course: Course, mix: Mix, at: datetime) -> None:
    order = trade.buy(mix, at)
    if order.method != FulfillmentMethod.IN_STORE:
        course.follow(order, at)
