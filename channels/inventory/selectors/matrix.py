"""The stock of a page of variants at some locations."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from channels.catalog.models import Category, Variant
from channels.catalog.selectors.searching import variants_meant
from channels.inventory.models import StockLevel
from channels.inventory.selectors.availability import available_at_locations, available_to_promise


@dataclass(frozen=True, slots=True)
class Cell:
    """A variant at a location: what is there, and what of it is free."""

    on_hand: int
    free: int
    is_sold_out: bool


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A variant, its cells by location and what the chosen channel can promise of it."""

    variant: Variant
    cells: Sequence[Cell | None]
    promise: int | None


def variants_matching(*, text: str = "", category_id: uuid.UUID | None = None) -> QuerySet[Variant]:
    """Return active variants in the order of their SKUs, found by code or name."""
    found: QuerySet[Variant] = Variant.objects.filter(is_active=True).select_related("product")
    if category_id is not None:
        path = Category.objects.filter(pk=category_id).values_list("path", flat=True).first() or "-"
        found = found.filter(product__category__path__startswith=path)
    if text:
        found = found.filter(variants_meant(text))
    return found.order_by("sku")


def short_variants(found: QuerySet[Variant], location_ids: Collection[uuid.UUID]) -> QuerySet[Variant]:
    """Return those of which some location has no more than its safety stock."""
    # The planner knows how few these are from the statistics that the database keeps of this very difference.
    levels = StockLevel.objects.annotate(spare=F("on_hand") - F("allocated") - F("safety_stock"))
    short = levels.filter(location_id__in=location_ids, spare__lte=0)
    return found.filter(pk__in=short.values("variant_id"))


def matrix_rows(
    *, variants: Sequence[Variant], location_ids: Sequence[uuid.UUID], channel_id: uuid.UUID | None, at: datetime
) -> list[MatrixRow]:
    """Return the rows of a page, with the cells in the order of the locations. Two queries, three with a channel."""
    ids = [variant.pk for variant in variants]
    levels = {
        (level.variant_id, level.location_id): level
        for level in StockLevel.objects.filter(variant_id__in=ids, location_id__in=location_ids)
    }
    free = available_at_locations(variant_ids=ids, location_ids=location_ids, at=at)
    promised = _promised(ids, channel_id, at)
    return [
        MatrixRow(
            variant,
            [_cell(levels.get((variant.pk, place)), free.get((variant.pk, place), 0), at) for place in location_ids],
            promised.get(variant.pk) if channel_id else None,
        )
        for variant in variants
    ]


def _promised(ids: Sequence[uuid.UUID], channel_id: uuid.UUID | None, at: datetime) -> Mapping[uuid.UUID, int]:
    if channel_id is None:
        return {}
    rows = available_to_promise(channel_ids=[channel_id], variant_ids=ids, at=at)
    return {row.variant_id: row.quantity for row in rows}


def _cell(level: StockLevel | None, free: int, at: datetime) -> Cell | None:
    if level is None:
        return None
    is_sold_out = level.sold_out_until is not None and level.sold_out_until > at
    return Cell(level.on_hand, free, is_sold_out)
