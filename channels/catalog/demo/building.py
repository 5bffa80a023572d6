"""Making products, variants and listings out of short tables."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from channels.catalog.demo.drawings import drawing_key, drawn
from channels.catalog.gtin import check_digit
from channels.catalog.models import ChannelListing, Product, Variant
from channels.catalog.pictures.making import Picture, picture_of
from channels.catalog.services import add_images, create_category, create_listing, create_product, create_variant
from channels.stores.models import SalesChannel

# GS1 keeps this prefix for demonstrations, so that the codes on the goods are nobody's.
DEMONSTRATION_PREFIX = "952"


@dataclass(frozen=True, slots=True)
class Size:
    """A variant: the end of its SKU, its name, its price in the reference channel and its cost."""

    code: str
    name: str
    price: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Article:
    """A product with its variants; ``is_packed`` goods carry a GTIN."""

    code: str
    name: str
    category: str
    sizes: Sequence[Size]
    attributes: Mapping[str, str]
    description: str = ""
    is_packed: bool = False

    def skus(self) -> list[str]:
        """Return the SKUs of its variants."""
        return [f"{self.code}-{size.code}" for size in self.sizes]


def made_up_gtin(number: int) -> str:
    """Return a GTIN-13 out of the range for demonstrations."""
    digits = f"{DEMONSTRATION_PREFIX}{number:09d}"
    return digits + check_digit(digits)


def make_categories(tree: Sequence[tuple[str, str, str]], *, at: datetime) -> dict[str, uuid.UUID]:
    """Make categories given as (code, name, code of the parent or nothing), parents first; return their ids."""
    made: dict[str, uuid.UUID] = {}
    for code, name, parent in tree:
        made[code] = create_category(code=code, name=name, parent_id=made.get(parent), at=at).pk
    return made


def make_articles(
    articles: Sequence[Article], categories: Mapping[str, uuid.UUID], *, brand: str, at: datetime
) -> dict[str, Variant]:
    """Make products with their variants; return the variants by SKU."""
    made: dict[str, Variant] = {}
    for article in articles:
        product: Product = create_product(
            code=article.code,
            name=article.name,
            at=at,
            brand=brand,
            category_id=categories[article.category],
            attributes=dict(article.attributes),
            description=article.description,
        )
        for sku, size in zip(article.skus(), article.sizes, strict=True):
            made[sku] = create_variant(
                product_id=product.pk,
                sku=sku,
                at=at,
                name=size.name,
                cost=size.cost,
                gtin=made_up_gtin(1000 + len(made)) if article.is_packed else "",
            )
    return made


def add_pictures(articles: Sequence[Article], *, at: datetime) -> None:
    """Give each product a drawn picture; those of one shape and colour share it."""
    pictures: dict[object, Picture] = {}
    products = dict(Product.objects.values_list("code", "pk"))
    for article in articles:
        shape, hue = drawing_key(article.code, article.category)
        if (shape, hue) not in pictures:
            pictures[shape, hue] = picture_of(drawn(shape, hue))
        add_images(product_id=products[article.code], pictures=[pictures[shape, hue]], description=article.name, at=at)


def list_articles(
    channel: SalesChannel,
    articles: Sequence[Article],
    variants: Mapping[str, Variant],
    *,
    at: datetime,
    percent: int = 0,
    step: Decimal = Decimal("0.10"),
    prefix: str = "",
) -> dict[str, ChannelListing]:
    """List articles in a channel at their price plus so many percent, rounded to steps; return them by SKU."""
    made: dict[str, ChannelListing] = {}
    for article in articles:
        for sku, size in zip(article.skus(), article.sizes, strict=True):
            price = size.price * (100 + percent) / 100
            made[sku] = create_listing(
                channel_id=channel.pk,
                variant_id=variants[sku].pk,
                price=((price / step).quantize(Decimal(1)) * step).quantize(Decimal("0.01")),
                external_id=f"{prefix}{100000 + len(made) * 7}" if prefix else "",
                at=at,
            )
    return made
