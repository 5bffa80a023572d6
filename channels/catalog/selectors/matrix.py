"""The listings of a page of variants, channel by channel."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from channels.catalog.models import Category, ChannelListing, Deviation, ProductImage, Variant
from channels.catalog.selectors.images import covers_of
from channels.catalog.selectors.searching import variants_meant
from o2o.kit.money import Money


@dataclass(frozen=True, slots=True)
class ListingCell:
    """A variant in a channel: its listing, and what deviates there."""

    listing: ChannelListing
    deviations: Sequence[Deviation]

    @property
    def price(self) -> str:
        """The price with all places of its currency, which the channel names."""
        return f"{Money.rounded(self.listing.price, self.listing.currency).amount:f}"


@dataclass(frozen=True, slots=True)
class ListingRow:
    """A variant and its cells in the order of the channels; None where a channel does not list it."""

    variant: Variant
    cells: Sequence[ListingCell | None]
    cover: ProductImage | None = None


def variants_found(
    *, text: str = "", category_id: uuid.UUID | None = None, deviating_kind: str = ""
) -> QuerySet[Variant]:
    """Return active variants by SKU, found by code or name, by category and by deviation."""
    found: QuerySet[Variant] = Variant.objects.filter(is_active=True).select_related("product")
    if category_id is not None:
        path = Category.objects.filter(pk=category_id).values_list("path", flat=True).first() or "-"
        found = found.filter(product__category__path__startswith=path)
    if text:
        found = found.filter(variants_meant(text))
    if deviating_kind:
        wrong = Deviation.objects.filter(ended_at=None, is_accepted=False)
        if deviating_kind != "any":
            wrong = wrong.filter(kind=deviating_kind)
        found = found.filter(pk__in=wrong.values("listing__variant_id"))
    return found.order_by("sku")


def listing_rows(*, variants: Sequence[Variant], channel_ids: Sequence[uuid.UUID]) -> list[ListingRow]:
    """Return the rows of a page. Three queries."""
    listings = {
        (listing.variant_id, listing.channel_id): listing
        for listing in ChannelListing.objects.filter(variant__in=variants, channel_id__in=channel_ids)
    }
    deviations = _deviations([listing.pk for listing in listings.values()])
    covers = covers_of(product_ids={variant.product_id for variant in variants})
    return [
        ListingRow(
            variant,
            [
                None if listing is None else ListingCell(listing, deviations.get(listing.pk, ()))
                for listing in (listings.get((variant.pk, channel_id)) for channel_id in channel_ids)
            ],
            covers.get(variant.product_id),
        )
        for variant in variants
    ]


def _deviations(listing_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[Deviation]]:
    found: dict[uuid.UUID, list[Deviation]] = defaultdict(list)
    for row in Deviation.objects.filter(listing_id__in=listing_ids, ended_at=None, is_accepted=False).order_by("kind"):
        found[row.listing_id].append(row)
    return found
