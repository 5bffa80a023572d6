"""What lies at Fenwick's: most in the warehouse, a little of everything in each shop."""

from datetime import datetime, timedelta

from channels.inventory.demo.shelf import Shelf
from channels.inventory.lines import StockLine
from channels.inventory.services import hold_stock, set_quota, set_safety_stock
from channels.stores.demo.building import acting_in_console, people
from channels.stores.demo.fenwick import HOME, STORES, WAREHOUSE
from channels.stores.models import SalesChannel
from o2o.kit.models import uuid7
from o2o.tenancy.actor import Actor

# Out of season; orders for it wait.
NOT_IN_STOCK = "SED-S"


def load(*, at: datetime) -> None:
    """Make the stock of the merchant in scope."""
    shelf, staff = Shelf(2), people()
    operations, clerk = staff["operations@fenwick.example"], staff["clerk@fenwick.example"]
    with acting_in_console(operations):
        _fill(shelf, at)
        channels = dict(SalesChannel.objects.values_list("code", "pk"))
        set_quota(
            variant_id=shelf.variants["BLK-GRY"], channel_id=channels["tradepost"], exclusive=25,
            valid_from=at - timedelta(days=30), at=at - timedelta(days=31),
        )  # fmt: skip
    _transfers(shelf, operations, clerk, at)
    with acting_in_console(clerk):
        review = shelf.count(
            HOME, {"ENM-NVY": -2, "ENM-WHT": 0, "TWL-STR": 1, "CDL-6": -3}, at=at - timedelta(hours=4),
            reason="Window display",
        )  # fmt: skip
        shelf.submit(review, at=at - timedelta(hours=4))
    hold_stock(
        reference=uuid7(), channel_id=channels["web-shop"], expires_at=at + timedelta(minutes=20), at=at,
        lines=[StockLine(shelf.variants["BLK-RUS"], shelf.places[WAREHOUSE], 2)],
    )  # fmt: skip


def _fill(shelf: Shelf, at: datetime) -> None:
    skus = sorted(set(shelf.variants) - {NOT_IN_STOCK})
    begun = at - timedelta(days=40)
    shelf.receive(WAREHOUSE, {sku: shelf.luck.randrange(40, 140) for sku in skus}, at=begun, note="Opening stock")
    for code in STORES:
        few = {sku: shelf.luck.randrange(2, 14) for sku in shelf.luck.sample(skus, 44)}
        shelf.receive(code, few, at=begun, note="Opening stock")
    # What the count and the transfer below are about.
    shelf.receive(HOME, {"ENM-NVY": 6, "ENM-WHT": 6, "TWL-STR": 8, "CDL-6": 9}, at=at - timedelta(days=20))
    shelf.receive("LDS", {"BLK-GRY": 5}, at=at - timedelta(days=20))
    safety = {(shelf.variants[sku], shelf.places[code]): 1 for sku in skus for code in STORES}
    set_safety_stock(units=safety, at=at - timedelta(days=39))


def _transfers(shelf: Shelf, operations: Actor, clerk: Actor, at: datetime) -> None:
    def days(count: float) -> datetime:
        return at - timedelta(days=count)

    shelf.transfer(
        WAREHOUSE, HOME, {"LOG-CNV": 4, "PKR-ONE": 3, "CDL-6": 12}, by=clerk, asked_at=days(9), shipped_at=days(8),
        received_at=days(7), received={"PKR-ONE": 2}, damaged={"PKR-ONE": (1, "Handle bent")}, note="Fireside corner",
    )  # fmt: skip
    shelf.transfer(WAREHOUSE, "MAN", {"FLS-05": 10, "SCK-M": 12}, by=operations, asked_at=days(2), shipped_at=days(1))
    shelf.transfer("LDS", "HGT", {"BLK-GRY": 2}, by=operations, asked_at=days(0.3), note="Customer waits")
