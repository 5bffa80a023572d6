"""Fenwick's catalog: things for house and garden, in a web shop, at the tills and in a marketplace."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from channels.catalog.demo.building import Article, Size, add_pictures, list_articles, make_articles, make_categories
from channels.catalog.models import ChannelListing, Product
from channels.catalog.services import PriceWish, refresh_deviations, set_policy, set_prices, set_visibility
from channels.stores.demo.building import acting_in_console, people
from channels.stores.models import SalesChannel

CATEGORIES = (
    ("house", "House", ""),
    ("kitchen", "Kitchen", "house"),
    ("cleaning", "Cleaning", "house"),
    ("bath", "Bath", "house"),
    ("outdoor", "Outdoor", ""),
    ("garden", "Garden", "outdoor"),
    ("walking", "Walking", "outdoor"),
    ("fireside", "Fireside", ""),
)

# code, name, category, variants as end:name:price:cost, facts
GOODS = """
ENM|Enamel mug|kitchen|WHT:White:8.50:3.10,NVY:Navy:8.50:3.10,GRN:Moss green:8.50:3.10|Capacity=350 ml;Dishwasher=yes
TPT|Stoneware teapot|kitchen|4C:4 cups:28:11.20,6C:6 cups:34:13.60|Material=stoneware
TWL|Linen tea towel|kitchen|STR:Stripe:9.95:3.60,CHK:Check:9.95:3.60,PLN:Plain:8.95:3.20|Material=linen
BRD|Oak chopping board|kitchen|S:Small:18:7.40,M:Medium:26:10.90,L:Large:36:15.20|Material=oak
JAR|Clip-top jar|kitchen|05:0.5 l:4.50:1.60,1:1 l:5.50:2.00,2:2 l:7.50:2.80|Material=glass
PAN|Cast-iron pan|kitchen|20:20 cm:32:13.80,26:26 cm:42:18.10|Material=cast iron
KNF|Paring knife|kitchen|ONE:8 cm:14:5.30|Blade=carbon steel
CDL|Beeswax candle|fireside|2:Pair:9:3.40,6:Box of six:24:9.60|Burns=8 h each
LOG|Log carrier|fireside|CNV:Canvas:29:12.10,LTH:Leather:69:31.00|Load=15 kg
PKR|Fire companion set|fireside|ONE:Four pieces:54:24.50|Material=forged steel
BLK|Wool blanket|fireside|GRY:Grey:65:29.00,RUS:Rust:65:29.00,HTH:Heather:65:29.00|Material=lambswool
SOP|Olive soap|bath|1:Single:4.25:1.30,4:Box of four:15:4.90|Weight=100 g each
BTM|Bath mat|bath|WHT:White:24:9.70,SGE:Sage:24:9.70|Material=cotton
BRS|Pot brush|cleaning|ONE:Beech:6.50:2.20,RFL:Two heads:5:1.70|Bristle=union fibre
PEG|Clothes pegs|cleaning|24:24 pegs:4.95:1.40|Material=beech
LDR|Laundry basket|cleaning|M:Medium:38:16.20,L:Large:46:19.90|Material=willow
VIN|Cleaning vinegar|cleaning|1:1 l:3.50:1.05,5:5 l:12:4.10|Acidity=10 %
TRW|Hand trowel|garden|ONE:Ash handle:19:7.90|Head=stainless steel
SEC|Secateurs|garden|R:Right hand:36:15.60,L:Left hand:38:16.50|Cuts=up to 22 mm
GLV|Gardening gloves|garden|S:Small:16:6.20,M:Medium:16:6.20,L:Large:16:6.20|Material=goatskin
TWN|Garden twine|garden|100:100 m:5.25:1.60,500:500 m:16:5.60|Material=jute
SED|Wildflower seeds|garden|S:5 m²:4.75:1.20,L:25 m²:14:4.40|Sow=March to May
CAN|Watering can|garden|5:5 l:29:12.30,9:9 l:39:17.00|Material=galvanised steel
FLS|Vacuum flask|walking|05:0.5 l:22:9.10,1:1 l:29:12.40|Keeps=hot for 12 h
SCK|Walking socks|walking|S:UK 4-7:15:5.80,M:UK 8-10:15:5.80,L:UK 11-13:15:5.80|Material=merino
BTL|Water bottle|walking|STL:Steel:18:7.10,RED:Red:18:7.10|Capacity=750 ml
TRC|Head torch|walking|ONE:300 lumens:27:11.70|Battery=rechargeable
STK|Walking stick|walking|ASH:Ash:32:13.20,HZL:Hazel:32:13.20|Length=120 cm
"""


def load(*, at: datetime) -> None:
    """Make the catalog of the merchant in scope, as if it had begun half a year ago."""
    begun = at - timedelta(days=180)
    with acting_in_console(people()["operations@fenwick.example"]):
        articles = list(_goods())
        variants = make_articles(articles, make_categories(CATEGORIES, at=begun), brand="Fenwick", at=begun)
        add_pictures(articles, at=begun)
        channels = {channel.code: channel for channel in SalesChannel.objects.all()}
        small = [article for article in articles if article.category not in ("fireside", "garden")]
        penny = Decimal("0.05")
        listings = {
            "web-shop": list_articles(channels["web-shop"], articles, variants, step=penny, at=begun),
            "tills": list_articles(channels["tills"], articles, variants, step=penny, at=begun),
            "tradepost": list_articles(
                channels["tradepost"], small, variants, percent=8, step=penny, prefix="TP-", at=begun
            ),
        }
        set_policy(
            reference_channel_id=channels["web-shop"].pk,
            tolerance_percent=Decimal(2),
            differences={channels["tradepost"].pk: Decimal(8)},
            floor_percent_of_cost=Decimal(140),
            compares_text=False,
            at=at,
        )
        _move_prices(listings, at)
        products = list(Product.objects.values_list("pk", flat=True))
        refresh_deviations(product_ids=products, at=at - timedelta(hours=3))


def _goods() -> Iterator[Article]:
    for line in GOODS.strip().splitlines():
        code, name, category, variants, facts = line.split("|")
        sizes = []
        for variant in variants.split(","):
            end, title, price, cost = variant.split(":")
            sizes.append(Size(end, title, Decimal(price), Decimal(cost)))
        pairs = dict(fact.split("=") for fact in facts.split(";"))
        yield Article(code, name, category, sizes, pairs, is_packed=True)


def _move_prices(listings: Mapping[str, Mapping[str, ChannelListing]], at: datetime) -> None:
    def wishes(moves: Mapping[tuple[str, str], str], reason: str) -> list[PriceWish]:
        return [
            PriceWish(listings[channel][sku].pk, Decimal(price), reason=reason)
            for (channel, sku), price in moves.items()
        ]

    # The wool has become dearer, and the marketplace was forgotten for two of the blankets' neighbours.
    dearer = {("web-shop", f"BLK-{end}"): "72" for end in ("GRY", "RUS", "HTH")} | {("web-shop", "PAN-26"): "46"}
    dearer |= {("tills", f"BLK-{end}"): "72" for end in ("GRY", "RUS")}
    set_prices(wishes=wishes(dearer, "Supplier's new list"), at=at - timedelta(days=33))
    slips = {("tradepost", "SCK-M"): "13", ("tradepost", "FLS-1"): "24", ("tills", "KNF-ONE"): "12"}
    set_prices(wishes=wishes(slips, "Weekend offer"), at=at - timedelta(days=4))
    set_prices(wishes=wishes({("web-shop", "TRC-ONE"): "2.70"}, "Black Friday"), at=at - timedelta(hours=2))
    set_visibility(listing_ids=[listings["tradepost"]["BTM-SGE"].pk], is_visible=False, at=at - timedelta(days=6))
