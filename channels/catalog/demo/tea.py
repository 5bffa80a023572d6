"""Tea Isle's catalog: five channels with prices of their own, a happy hour, a campaign, and some slips."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal

from channels.catalog.demo.building import add_pictures, list_articles, make_articles, make_categories
from channels.catalog.demo.tea_products import CATEGORIES, drinks, packed_goods
from channels.catalog.enums import DeviationKind
from channels.catalog.models import ChannelListing, Deviation, Product
from channels.catalog.services import (
    PriceWish,
    accept_deviation,
    approve_price_change,
    create_price_cycle,
    refresh_deviations,
    refuse_price_change,
    set_policy,
    set_price,
    set_prices,
    set_visibility,
    update_listing,
)
from channels.stores.demo.building import acting_in_console, people
from channels.stores.models import SalesChannel
from o2o.tenancy.actor import Actor

Listings = Mapping[str, Mapping[str, ChannelListing]]
"""By the code of the channel and the SKU."""

PLATFORM_FEE = 12
HAPPY_HOUR = ("JAS-M", "OOL-M", "ASM-M", "AME-M")
CAMPAIGN = ("JMT-15", "JMT-30", "OLT-15", "OLT-30")
NEW_YEAR = ("GFA-STD", "GFA-DLX", "GFN-STD")


def load(*, at: datetime) -> None:
    """Make the catalog of the merchant in scope, as if it had begun four months ago."""
    staff = people()
    operations, owner = staff["operations@tea.example"], staff["owner@tea.example"]
    with acting_in_console(operations):
        listings = _list_all(at - timedelta(days=120))
        _policies(at)
        _price_history(listings, at)
        _prices_to_come(listings, at)
        _slips(listings, at)
    _held(listings, operations, owner, at)
    with acting_in_console(operations):
        refresh_deviations(product_ids=list(Product.objects.values_list("pk", flat=True)), at=at - timedelta(hours=5))
        accept_deviation(
            deviation_id=Deviation.objects.get(listing=listings["tmall"]["LJS-BX6"], kind=DeviationKind.TEXT).pk, at=at
        )


def _list_all(at: datetime) -> Listings:
    articles, goods = drinks(), packed_goods()
    variants = make_articles([*articles, *goods], make_categories(CATEGORIES, at=at), brand="茶屿", at=at)
    channels = {channel.code: channel for channel in SalesChannel.objects.all()}
    everything = [*articles, *goods]
    add_pictures(everything, at=at)
    snacks = [article for article in goods if article.category == "snacks"]
    # The platforms take a fee, so the same cup costs more there; tea in boxes is not delivered by them.
    return {
        "mini-program": list_articles(channels["mini-program"], everything, variants, at=at),
        "pos": list_articles(channels["pos"], everything, variants, at=at),
        "meituan": list_articles(
            channels["meituan"], [*articles, *snacks], variants, percent=PLATFORM_FEE, prefix="MT", at=at
        ),
        "eleme": list_articles(channels["eleme"], articles, variants, percent=PLATFORM_FEE, prefix="EL", at=at),
        "tmall": list_articles(channels["tmall"], goods, variants, prefix="TM", at=at),
    }


def _policies(at: datetime) -> None:
    channels = {channel.code: channel.pk for channel in SalesChannel.objects.all()}
    set_policy(
        reference_channel_id=channels["mini-program"],
        tolerance_percent=Decimal(2),
        differences={channels["meituan"]: Decimal(PLATFORM_FEE), channels["eleme"]: Decimal(PLATFORM_FEE)},
        floor_percent_of_cost=Decimal(150),
        at=at,
    )
    # A limited box costs the same everywhere, to the coin.
    set_policy(
        product_id=Product.objects.get(code="GFN").pk,
        reference_channel_id=channels["tmall"],
        floor_price=Decimal(218),
        at=at,
    )


def _price_history(listings: Listings, at: datetime) -> None:
    """A rise of fruit teas in autumn, in all channels, and small moves before and after it."""
    for days, codes, amount in ((75, ("LMN", "PSN"), 1), (52, ("GRP", "MNG", "STR", "ORG"), 1), (20, ("LMN",), -1)):
        moment = at - timedelta(days=days)
        wishes = []
        for channel, rows in listings.items():
            factor = Decimal(100 + PLATFORM_FEE) / 100 if channel in ("meituan", "eleme") else Decimal(1)
            for sku, listing in rows.items():
                if sku.split("-")[0] in codes:
                    listing.refresh_from_db()
                    price = (listing.price + amount * factor).quantize(Decimal("0.1"))
                    wishes.append(PriceWish(listing.pk, price, reason="应季水果成本调整"))
        set_prices(wishes=wishes, at=moment)


def _prices_to_come(listings: Listings, at: datetime) -> None:
    today = at.date()
    for sku in HAPPY_HOUR:
        listing = listings["pos"][sku]
        create_price_cycle(
            listing_id=listing.pk,
            name="下午茶时光",
            price=(listing.price * Decimal("0.8")).quantize(Decimal("0.1")),
            compare_at_price=listing.price,
            weekdays=[0, 1, 2, 3, 4],
            starts_at=time(14),
            ends_at=time(17),
            time_zone="Asia/Shanghai",
            valid_from=today - timedelta(days=14),
            valid_until=today + timedelta(days=45),
            at=at,
        )
    begun, ends = at - timedelta(days=3), at + timedelta(days=6)
    set_prices(
        wishes=[
            PriceWish(
                listings[channel][sku].pk,
                (listings[channel][sku].price * Decimal("0.85")).quantize(Decimal("0.1")),
                listings[channel][sku].price,
                valid_until=ends,
                reason="茶包囤货周",
            )
            for channel in ("mini-program", "tmall", "pos")
            for sku in CAMPAIGN
        ],
        at=begun,
    )
    starts = at + timedelta(days=9)
    set_prices(
        wishes=[
            PriceWish(
                listings["tmall"][sku].pk,
                (listings["tmall"][sku].price * Decimal("0.9")).quantize(Decimal(1)),
                listings["tmall"][sku].price,
                valid_from=starts,
                valid_until=starts + timedelta(days=10),
                reason="年货节",
            )
            for sku in NEW_YEAR
        ],
        at=at - timedelta(days=1),
    )


def _slips(listings: Listings, at: datetime) -> None:
    """What somebody forgot or mistyped in one channel only."""
    moment = at - timedelta(days=2)
    forgotten = {
        ("eleme", "BRN-L"): "17",
        ("eleme", "MTC-M"): "19",
        ("meituan", "PCH-L"): "21",
        ("pos", "CUP-BLU"): "79",
    }
    below_cost = {("meituan", "NUT-BAG"): "6.5", ("tmall", "SEA-CAN"): "8.9"}
    wishes = [
        PriceWish(listings[channel][sku].pk, Decimal(price), reason="平台活动")
        for (channel, sku), price in (forgotten | below_cost).items()
    ]
    set_prices(wishes=wishes, at=moment)
    hidden = [listings["meituan"]["WML-M"].pk, listings["meituan"]["WML-L"].pk, listings["tmall"]["POT-ONE"].pk]
    set_visibility(listing_ids=hidden, is_visible=False, at=moment)
    for channel, sku, title in (
        ("tmall", "LJS-BX6", "【茶屿旗舰】龙井酥 6 枚 下午茶点心 杭州特产"),
        ("tmall", "PIN-BX6", "凤梨酥 6 枚装（旧包装）"),
        ("meituan", "DRT-L", "脏脏茶大杯"),
    ):
        update_listing(listing_id=listings[channel][sku].pk, title=title, at=moment)


def _held(listings: Listings, operations: Actor, owner: Actor, at: datetime) -> None:
    """Three changes that the alarm held: one approved, one refused, and two that wait for a colleague."""
    with acting_in_console(operations):
        clearance = PriceWish(listings["mini-program"]["TTE-ONE"].pk, Decimal(19), reason="旧款清仓")
        cleared = set_price(wish=clearance, at=at - timedelta(days=11))
        slip = PriceWish(listings["mini-program"]["GRP-L"].pk, Decimal(220), reason="调价")
        slipped = set_price(wish=slip, at=at - timedelta(days=8))
        set_price(wish=PriceWish(listings["eleme"]["MNG-M"].pk, Decimal("2.35"), reason="批量调价"), at=at)
        set_price(wish=PriceWish(listings["tmall"]["LJT-125"].pk, Decimal(99), reason="直播专享价"), at=at)
    with acting_in_console(owner):
        approve_price_change(request_id=cleared.pk, at=at - timedelta(days=10))
        refuse_price_change(request_id=slipped.pk, at=at - timedelta(days=8))
