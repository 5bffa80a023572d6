"""What lies at Tea Isle: portions of drinks in each store, tea in boxes in the warehouse and on some shelves."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from channels.catalog.models import Variant
from channels.inventory.demo.shelf import Shelf
from channels.inventory.enums import MovementReason
from channels.inventory.lines import StockLine
from channels.inventory.services import (
    adjust_stock,
    borrow_quota,
    hold_stock,
    mark_sold_out,
    set_quota,
    set_safety_stock,
)
from channels.inventory.services.counting import cancel_count, post_count, review_lines
from channels.inventory.services.transferring import cancel_transfer
from channels.stores.demo.building import acting_in_console, people
from channels.stores.demo.tea import FLAGSHIPS, HOME, STORES, WAREHOUSE
from channels.stores.models import SalesChannel
from o2o.kit.models import uuid7
from o2o.tenancy.actor import Actor

DRINKS = ("pure-tea", "fruit-tea", "milk-tea", "tea-coffee")
# It has not come yet, so that orders for it wait.
NOT_IN_STOCK = "GFN-STD"
# It is left in one store only.
SCARCE = "POT-ONE"


def load(*, at: datetime) -> None:
    """Make the stock of the merchant in scope, as it came to be over the last five weeks."""
    shelf, staff = Shelf(1), people()
    operations, manager = staff["operations@tea.example"], staff["manager@tea.example"]
    with acting_in_console(operations):
        _fill(shelf, at)
        _safety(shelf, at)
        _quotas(shelf, at)
    _transfers(shelf, operations, manager, at)
    with acting_in_console(manager):
        _counts(shelf, operations, at)
        _losses(shelf, at)
        sold_out = [shelf.variants[sku] for sku in ("GRP-M", "GRP-L", "STR-L", "WML-L")]
        mark_sold_out(location_id=shelf.places[HOME], variant_ids=sold_out, at=at)
        mark_sold_out(location_id=shelf.places["HZ-001"], variant_ids=[shelf.variants["TRO-L"]], at=at)
    _holds(shelf, at)


def _skus(*categories: str) -> list[str]:
    rows = Variant.objects.filter(product__category__code__in=categories).order_by("sku")
    return list(rows.values_list("sku", flat=True))


def _fill(shelf: Shelf, at: datetime) -> None:
    drinks, snacks = _skus(*DRINKS), _skus("snacks")
    boxes = [sku for sku in _skus("boxed-tea", "gift-boxes", "tea-ware") if sku not in (NOT_IN_STOCK, SCARCE)]
    begun = at - timedelta(days=35)
    shelf.receive(WAREHOUSE, {sku: shelf.luck.randrange(180, 420) for sku in [*snacks, *boxes]}, at=begun, note="期初")
    for code in STORES:
        goods = {sku: shelf.luck.randrange(60, 160) for sku in drinks}
        goods |= {sku: shelf.luck.randrange(8, 40) for sku in snacks}
        if code in FLAGSHIPS:
            goods |= {sku: shelf.luck.randrange(4, 18) for sku in boxes}
        shelf.receive(code, goods, at=begun, note="期初")
    shelf.receive("SZ-003", {SCARCE: 3}, at=begun, note="期初")
    for days in (21, 14, 7):
        for code in STORES[days % 5 :: 5]:
            again = {sku: shelf.luck.randrange(20, 60) for sku in shelf.luck.sample(drinks, 18)}
            shelf.receive(code, again, at=at - timedelta(days=days), note="原料到货")


def _safety(shelf: Shelf, at: datetime) -> None:
    units = {(shelf.variants[sku], shelf.places[code]): 4 for code in STORES for sku in _skus("fruit-tea", "milk-tea")}
    units |= {(shelf.variants[sku], shelf.places[code]): 2 for code in FLAGSHIPS for sku in _skus("boxed-tea")}
    units |= {(shelf.variants[sku], shelf.places[WAREHOUSE]): 12 for sku in _skus("boxed-tea", "gift-boxes")}
    set_safety_stock(units=units, at=at - timedelta(days=34))


def _quotas(shelf: Shelf, at: datetime) -> None:
    channels = dict(SalesChannel.objects.values_list("code", "pk"))
    begun = at - timedelta(days=33)
    own = set_quota(
        variant_id=shelf.variants["GFA-DLX"], channel_id=channels["tmall"], exclusive=60, valid_from=begun, at=begun
    )
    other = set_quota(
        variant_id=shelf.variants["GFA-DLX"],
        channel_id=channels["mini-program"],
        exclusive=30,
        shared_limit=40,
        valid_from=begun,
        at=begun,
    )
    borrow_quota(lender_id=own.pk, borrower_id=other.pk, quantity=10, at=at - timedelta(days=6))
    # A platform's evening: five days of a share of its own, of which two are over.
    set_quota(
        variant_id=shelf.variants["MNG-L"],
        channel_id=channels["meituan"],
        exclusive=150,
        valid_from=at - timedelta(days=2),
        valid_until=at + timedelta(days=3),
        at=at - timedelta(days=4),
    )


def _transfers(shelf: Shelf, operations: Actor, manager: Actor, at: datetime) -> None:
    def days(count: float) -> datetime:
        return at - timedelta(days=count)

    box = {"LJT-50": 6, "BLC-50": 6, "JMT-15": 12}
    shelf.transfer(
        WAREHOUSE, "SH-002", box, by=operations, asked_at=days(18), shipped_at=days(17.4), received_at=days(16.5),
        note="国庆后补货",
    )  # fmt: skip
    shelf.transfer(
        WAREHOUSE, "BJ-001", {"GFA-STD": 8, "PIN-BX6": 20, "MOC-BX4": 16}, by=operations, asked_at=days(13),
        shipped_at=days(12.6), received_at=days(9.8), received={"MOC-BX4": 11, "PIN-BX6": 19},
        damaged={"MOC-BX4": (4, "冰袋融化，外皮塌陷")},
        note="长途，注意保温",
    )  # fmt: skip
    shelf.transfer(
        "SH-005", HOME, {"LMN-L": 20, "PSN-L": 15}, by=manager, asked_at=days(6.2), shipped_at=days(6.1),
        received_at=days(6), received={"LMN-L": 22}, note="周末借调",
    )  # fmt: skip
    shelf.transfer(
        WAREHOUSE, "GZ-001", {"LJT-125": 6, "OLT-30": 18, "CUP-BLU": 10}, by=operations, asked_at=days(2.6),
        shipped_at=days(2.1), note="广州专线",
    )  # fmt: skip
    shelf.transfer(
        WAREHOUSE, "HZ-001", {"SEA-CAN": 24, "EGG-BAG": 30, "NUT-BAG": 40}, by=operations, asked_at=days(1.2),
        shipped_at=days(0.5),
    )  # fmt: skip
    withdrawn = shelf.transfer(
        "HZ-002", "HZ-004", {"TRO-M": 12}, by=operations, asked_at=days(4), note="已由供应商直送"
    )
    cancel_transfer(transfer_id=withdrawn, at=days(3.8))
    shelf.transfer(WAREHOUSE, HOME, {"GFA-STD": 6, "JMT-30": 12}, by=manager, asked_at=days(0.4), note="橱窗陈列")
    shelf.transfer("NJ-001", "NJ-002", {"BRN-L": 20, "BRN-M": 20}, by=operations, asked_at=days(0.2))
    shelf.transfer("SH-006", "SH-003", {"LMN-XL": 10}, by=operations, asked_at=days(0.05), note="夜宵备货")


def _counts(shelf: Shelf, operations: Actor, at: datetime) -> None:
    posted = shelf.count(
        "SH-002", {"LJT-50": -1, "BLC-50": 0, "JMT-15": 2, "CUP-BLU": -1, "CUP-WHT": 0}, at=at - timedelta(days=12),
        reason="月度盘点",
    )  # fmt: skip
    shelf.submit(posted, at=at - timedelta(days=12))
    differing = [line.pk for line in posted.lines.all() if line.variance]
    with acting_in_console(operations):
        review_lines(count_id=posted.pk, line_ids=differing, is_accepted=True, at=at - timedelta(days=11))
        post_count(count_id=posted.pk, at=at - timedelta(days=11))
    given_up = shelf.count("WX-001", {"NUT-BAG": None, "PLM-BAG": None}, at=at - timedelta(days=9), reason="误开")
    cancel_count(count_id=given_up.pk, at=at - timedelta(days=9))
    found = {"LJT-50": -2, "LJT-125": 0, "BLC-50": 1, "PIN-BX6": -4, "MOC-BX4": -6, "SEA-CAN": 0, "EGG-BAG": 3}
    review = shelf.count(HOME, found, at=at - timedelta(hours=9), reason="茶叶零食周盘")
    shelf.submit(review, at=at - timedelta(hours=9))
    quick = shelf.count("NJ-001", {"GFA-STD": -1, "GFA-DLX": 0}, at=at - timedelta(hours=20), reason="礼盒抽盘")
    shelf.submit(quick, at=at - timedelta(hours=20))
    half = {"JAS-M": 0, "JAS-L": -3, "OOL-M": 0, "TGY-M": None, "TGY-L": None, "DHP-M": None}
    shelf.count("HZ-001", half, at=at - timedelta(hours=2), reason="原叶茶盘点")


def _losses(shelf: Shelf, at: datetime) -> None:
    def change(code: str, lost: dict[str, int], reason: MovementReason, days: float, note: str) -> None:
        changes = [(shelf.variants[sku], shelf.places[code], -units) for sku, units in lost.items()]
        adjust_stock(changes=changes, reason=reason, note=note, at=at - timedelta(days=days))

    change(HOME, {"MOC-BX4": 3}, MovementReason.SPOILAGE, 8, "过了赏味期")
    change("HZ-003", {"CCN-M": 6, "WML-M": 9}, MovementReason.SPOILAGE, 3, "椰乳到期")
    change("SH-002", {"CUP-WHT": 1}, MovementReason.DAMAGE, 5, "陈列时摔坏")
    change(WAREHOUSE, {"LJS-BX6": 12}, MovementReason.DAMAGE, 10, "外箱受潮")


def _holds(shelf: Shelf, at: datetime) -> None:
    """Carts that somebody is filling: most for a quarter of an hour, two that customer service set aside."""
    channels = dict(SalesChannel.objects.values_list("code", "pk"))
    carts: Sequence[tuple[str, str, dict[str, int], int]] = (
        ("mini-program", HOME, {"LMN-L": 2, "BRN-M": 1}, 15),
        ("mini-program", "HZ-001", {"PCH-M": 1}, 15),
        ("mini-program", "NJ-001", {"MNG-L": 2, "EGG-BAG": 1}, 14),
        ("tmall", WAREHOUSE, {"GFA-DLX": 4, "LJT-125": 2}, 30),
        ("mini-program", WAREHOUSE, {"GFA-DLX": 12}, 26 * 60),
        ("mini-program", "BJ-001", {"GFA-STD": 5, "CUP-BLU": 2}, 5 * 60),
    )
    for channel, code, wanted, minutes in carts:
        hold_stock(
            reference=uuid7(),
            channel_id=channels[channel],
            lines=[StockLine(shelf.variants[sku], shelf.places[code], count) for sku, count in wanted.items()],
            expires_at=at + timedelta(minutes=minutes),
            at=at,
        )
