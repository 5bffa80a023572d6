"""How stock counts begin: by people, or because an order found less than the books say."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels.catalog.models import Category, Variant
from channels.inventory.enums import CountState
from channels.inventory.models import CountLine, CycleCount, StockLevel
from channels.stores.models import StockLocation
from channels.stores.services import next_number
from o2o.kit.errors import DomainError, InvalidError, UnknownReferenceError
from o2o.kit.models import uuid7
from o2o.tenancy.acting import current_actor_label

BATCH = 5000
MOST_NAMED = 10


class CountedElsewhereError(DomainError):
    """Another count that is undecided has the variants already. ``lines`` names variant and count."""

    code = "counted_elsewhere"
    title = gettext_lazy("This is being counted already")


def open_count(
    *,
    location_id: uuid.UUID,
    at: datetime,
    variant_ids: Collection[uuid.UUID] | None = None,
    category_id: uuid.UUID | None = None,
    reason: str = "",
    recount_above: int = 0,
) -> CycleCount:
    """Begin a count at a location: of these variants, or of all that it has had (of a category and those below it).

    A variant is in one undecided count of a location: of the many that another count has, the rest is counted; one
    that was named is refused. Raises ``CountedElsewhereError``, ``UnknownReferenceError``, or ``InvalidError`` where
    there is nothing to count.
    """
    if not StockLocation.objects.filter(pk=location_id).exists():
        raise UnknownReferenceError(_("There is no location %(id)s.") % {"id": location_id})
    chosen = _variants_at(location_id, category_id) if variant_ids is None else variant_ids
    if not chosen:
        raise InvalidError(_("There is nothing to count: the location has no stock levels of this kind."))
    with transaction.atomic():
        count = CycleCount.objects.create(
            number=next_number(kind="count", prefix="C"),
            location_id=location_id,
            reason=reason[:200],
            recount_above=recount_above,
            opened_by=current_actor_label()[:200],
        )
        _add_lines(count, chosen)
        got = set(count.lines.values_list("variant_id", flat=True))
        left_out = set(chosen) - got
        if left_out and (variant_ids is not None or not got):
            raise _counted_elsewhere(location_id, left_out)
        return count


def ask_for_count(
    *, location_id: uuid.UUID, variant_ids: Collection[uuid.UUID], reason: str, at: datetime
) -> CycleCount:
    """Let variants be counted at a location: in a count that was asked for and is open there, or in a new one.

    Variants that wait in an undecided count are not added twice; one that was counted there is counted again. Callers
    have locked stock levels, which whoever posts a count locks after the count: so this waits for nobody's count.
    """
    with transaction.atomic():
        # Rows that somebody else works on are left alone, and tidied when the count is reviewed.
        pending = CountLine.objects.filter(location_id=location_id, variant_id__in=variant_ids, is_pending=True)
        unlocked = pending.select_for_update(skip_locked=True, of=("self",), no_key=True)
        again = [line.pk for line in unlocked if line.counted is not None]
        CountLine.objects.filter(pk__in=again).update(needs_recount=True, updated_at=at)
        waiting = {line.variant_id: line.count_id for line in pending}
        if not (missing := set(variant_ids) - set(waiting)):
            return CycleCount.objects.get(pk=min(waiting.values()))
        count = _asked_count(location_id) or CycleCount.objects.create(
            # The series of numbers is locked until the end; this is in the midst of an order.
            number=f"CA{uuid7().hex[-10:].upper()}",
            location_id=location_id,
            reason=reason[:200],
            opened_by=current_actor_label()[:200],
            is_asked=True,
        )
        _add_lines(count, missing)
        return count


def _asked_count(location_id: uuid.UUID) -> CycleCount | None:
    """Return an open count that was asked for, locked, unless somebody is at work on it."""
    found = CycleCount.objects.filter(location_id=location_id, state=CountState.OPEN, is_asked=True).order_by("pk")
    count: CycleCount | None = found.select_for_update(skip_locked=True, of=("self",), no_key=True).first()
    return count


def _variants_at(location_id: uuid.UUID, category_id: uuid.UUID | None) -> Sequence[uuid.UUID]:
    levels = StockLevel.objects.filter(location_id=location_id)
    if category_id is not None:
        path = Category.objects.filter(pk=category_id).values_list("path", flat=True).first()
        if path is None:
            raise UnknownReferenceError(_("There is no category %(id)s.") % {"id": category_id}, field="category_id")
        levels = levels.filter(variant__product__category__path__startswith=path)
    return list(levels.values_list("variant_id", flat=True))


def _add_lines(count: CycleCount, variant_ids: Collection[uuid.UUID]) -> None:
    """Add lines, in the order of variants so that two who do so at once cannot wait for each other in a circle."""
    rows = [
        CountLine(count=count, location_id=count.location_id, variant_id=variant_id)
        for variant_id in sorted(set(variant_ids))
    ]
    CountLine.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def _counted_elsewhere(location_id: uuid.UUID, variant_ids: Collection[uuid.UUID]) -> DomainError:
    lines = CountLine.objects.filter(location_id=location_id, variant_id__in=variant_ids, is_pending=True)
    found = list(lines.order_by("variant__sku").values("variant__sku", "count__number", "variant_id", "count_id"))
    if not found:
        known = set(Variant.objects.filter(pk__in=variant_ids).values_list("pk", flat=True))
        if unknown := set(variant_ids) - known:
            return UnknownReferenceError(_("There is no variant %(id)s.") % {"id": min(unknown)})
        # Whoever had them has finished between our look at the constraint and this one.
        return CountedElsewhereError(_("These goods were being counted here until this moment; begin again."), lines=[])
    named = ", ".join(f"{row['variant__sku']} ({row['count__number']})" for row in found[:MOST_NAMED])
    text = ngettext(
        "%(named)s is being counted here already; finish or cancel that count first.",
        "%(named)s are being counted here already; finish or cancel these counts first.",
        len(found),
    )
    return CountedElsewhereError(
        text % {"named": named},
        lines=[{"sku": row["variant__sku"], "count": row["count__number"]} for row in found],
    )
