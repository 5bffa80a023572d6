"""A month at Tea Isle: five channels, rules that send orders to stores, and a day that needs people now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from channels.catalog.models import Category
from channels.inventory.demo.tea import NOT_IN_STOCK, SCARCE
from channels.orders.demo.course import Course, Pace, Words
from channels.orders.demo.diary import Diary
from channels.orders.demo.month import live_through
from channels.orders.demo.returns import Story, make_returns
from channels.orders.demo.tea_today import live_today
from channels.orders.demo.trade import Customers, Mix, Trade
from channels.orders.enums import AdjustmentKind, Disposition, ReturnState
from channels.orders.services.policies import create_acceptance_policy
from channels.orders.services.rules import save_rule
from channels.stores.demo.tea import ALWAYS_OPEN, FLAGSHIPS, HOME, KIOSK, LATE, STORES, WAREHOUSE
from channels.stores.enums import FulfillmentMethod

M, R, D = FulfillmentMethod, ReturnState, Disposition
DRINKS = ("pure-tea", "fruit-tea", "milk-tea", "tea-coffee")
GOODS = ("snacks", "boxed-tea", "tea-ware")
DAYTIME = (10, 11, 11, 12, 12, 13, 14, 14, 15, 15, 16, 17, 18, 19, 19, 20)
MEALS = (11, 11, 12, 12, 12, 13, 15, 17, 18, 18, 19, 20)
EVENING = (9, 10, 12, 14, 16, 20, 20, 21, 21, 22, 22, 23)

MINI = Mix(
    "mini-program", 1.7, {M.PICKUP: 70, M.DELIVER: 18, M.SHIP: 12},
    {M.PICKUP: (*DRINKS, "snacks"), M.DELIVER: DRINKS, M.SHIP: GOODS}, DAYTIME, ("wechat_pay",), carriage=Decimal(4),
)  # fmt: skip
MEITUAN = Mix(
    "meituan", 1.0, {M.DELIVER: 1}, {M.DELIVER: DRINKS}, MEALS, ("meituan",), prefix="MT", carriage=Decimal(3)
)
ELEME = Mix("eleme", 0.5, {M.DELIVER: 1}, {M.DELIVER: DRINKS}, MEALS, ("alipay",), prefix="EL", carriage=Decimal(3))
TMALL = Mix(
    "tmall", 0.7, {M.SHIP: 1}, {M.SHIP: ("boxed-tea", "tea-ware", "snacks")}, EVENING, ("alipay",), prefix="TM",
)  # fmt: skip
TILLS = Mix(
    "pos", 0.9, {M.IN_STORE: 1}, {M.IN_STORE: (*DRINKS, "snacks")}, DAYTIME, ("wechat_pay", "alipay", "cash"),
)  # fmt: skip

CUSTOMERS = Customers(
    names=("周女士", "吴先生", "郑同学", "冯女士", "蒋先生", "沈女士", "韩先生", "杨女士", "朱先生", "秦同学"),
    phone=lambda luck: f"1550000{luck.randrange(10_000):04d}",
    streets=("春晓路#号", "桂花弄#号", "学府路#弄3号楼", "望江路#号201室", "长兴街#号", "科创园#号楼前台"),
    stores={
        code: 5 if code == HOME else 3 if code in FLAGSHIPS else 1
        for code in STORES
        if code not in (KIOSK, ALWAYS_OPEN)
    },
    country="CN",
    discounts=(
        (AdjustmentKind.PROMOTION, "满30减5", Decimal(5), 0),
        (AdjustmentKind.VOUCHER, "新客券", Decimal(6), 0),
        (AdjustmentKind.POINTS, "积分抵扣", Decimal(3), 300),
        (AdjustmentKind.PROMOTION, "第二杯半价", Decimal(8), 0),
    ),
    avoid=(NOT_IN_STOCK, SCARCE),
)  # fmt: skip

PACES = {
    M.PICKUP: Pace(accept=(0, 3), prepare=(4, 11), fetch=(3, 40), arrive=(0, 0)),
    M.DELIVER: Pace(accept=(0, 2), prepare=(8, 18), fetch=(0, 0), arrive=(12, 38)),
    M.SHIP: Pace(accept=(20, 600), prepare=(90, 1300), fetch=(0, 0), arrive=(1500, 5200)),
}
CARRIERS = {M.DELIVER: ("美团骑手", "蜂鸟配送", "顺丰同城"), M.SHIP: ("顺丰速运", "中通快递", "京东物流")}
RETURNS = (
    Story(R.REQUESTED, "买错规格"),
    Story(R.REQUESTED, "包装压瘪", units=2),
    Story(R.APPROVED, "七天无理由"),
    Story(R.RECEIVED, "罐盖开裂", D.DAMAGED),
    Story(R.RECEIVED, "少发一件", D.RESTOCK, units=2, missing=1),
    Story(R.REFUNDED, "七天无理由"),
    Story(R.REFUNDED, "受潮结块", D.WRITE_OFF),
    Story(R.REFUNDED, "运输破损", D.DAMAGED),
    Story(R.REFUSED, "已拆封饮用"),
)


def load(*, at: datetime) -> None:
    """Live through the month of the merchant in scope, up to now."""
    trade = Trade(CUSTOMERS, seed=3, time_zone="Asia/Shanghai")
    with trade.as_person("operations@tea.example"):
        _rules(trade, at - timedelta(days=31))
        _times_to_accept(trade)
    diary = Diary(ends=at)
    course = Course(
        trade,
        diary,
        paces=PACES,
        carriers=CARRIERS,
        clerks={HOME: "clerk@tea.example"},
        words=Words("店员", "不想要了", "手机没电，核对了订单与手机尾号", "附近门店均无法接单", "顾客"),
    )
    live_through(trade, course, diary, (MINI, MEITUAN, ELEME, TMALL, TILLS), busy={4: 1.2, 5: 1.5, 6: 1.4})
    make_returns(trade, RETURNS, desk="operations@tea.example", store=WAREHOUSE, at=at)
    live_today(trade, course, at=at)


def _rules(trade: Trade, at: datetime) -> None:
    channels = {code: str(channel.pk) for code, channel in trade.channels.items()}
    late = [str(trade.places[code].pk) for code in LATE]
    gifts = str(Category.objects.get(code="gift-boxes").pk)
    rules: Sequence[tuple[str, dict[str, Any]]] = (
        ("夜间外送给夜宵门店", {
            "when": {"channels": [channels["mini-program"]], "methods": ["deliver"], "from": "22:00", "until": "06:00"},
            "only": {"locations": late, "max_km": 8},
            "prefer": ["nearest"],
            "split": "never",
        }),
        ("外卖平台：五公里内就近", {
            "when": {"channels": [channels["meituan"], channels["eleme"]], "methods": ["deliver"]},
            "only": {"kinds": ["store"], "max_km": 5, "opens_within_minutes": 45},
            "prefer": [{"by": "nearest", "band_km": 1}, "least_loaded"],
            "split": "never",
        }),
        ("礼盒只从中央仓发", {
            "when": {"categories": [gifts], "methods": ["ship"]},
            "only": {"kinds": ["warehouse"]},
            "prefer": ["priority", "most_stock"],
            "split": "lines",
        }),
        ("快递：先仓后店", {
            "when": {"methods": ["ship"]},
            "only": {"keep_units": 1},
            "prefer": ["priority", "nearest"],
            "split": "lines",
            "max_parts": 2,
        }),
    )  # fmt: skip
    for number, (name, definition) in enumerate(rules, start=1):
        save_rule(name=name, definition=definition, position=number * 10, at=at)
    balanced: dict[str, Any] = {
        "when": {"methods": ["ship"]},
        "prefer": ["most_stock", "nearest"],
        "split": "units",
        "max_parts": 3,
    }
    save_rule(name="草稿：库存均衡发货", definition=balanced, position=35, is_active=False, at=at)


def _times_to_accept(trade: Trade) -> None:
    channels = {code: channel.pk for code, channel in trade.channels.items()}
    create_acceptance_policy(channel_id=channels["mini-program"], accept_minutes=15, remind_minutes=5)
    create_acceptance_policy(
        channel_id=channels["mini-program"],
        location_id=trade.places[HOME].pk,
        accept_minutes=20,
        remind_minutes=8,
        escalate_minutes=12,
        backup_location_id=trade.places["SH-002"].pk,
    )
    create_acceptance_policy(channel_id=channels["meituan"], accept_minutes=5, remind_minutes=2)
    create_acceptance_policy(channel_id=channels["eleme"], accept_minutes=5, accepts_automatically=True)
    create_acceptance_policy(channel_id=channels["tmall"], accept_minutes=24 * 60, remind_minutes=12 * 60)
