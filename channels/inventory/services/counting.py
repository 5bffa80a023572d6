"""Stock counts: opened, counted and recounted, reviewed, posted."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.models import Variant
from channels.inventory.enums import CountState, MovementReason
from channels.inventory.events import CountPosted
from channels.inventory.models import CountLine, CycleCount, StockLevel
from channels.inventory.services.ledger import ensure_levels
from channels.inventory.services.receiving import adjust_stock
from channels.stores.models import StockLocation
from channels.stores.services import next_number
from o2o.events import emit
from o2o.kit.errors import DomainError, InvalidError, NotFoundError, UnknownReferenceError
from o2o.kit.locks import lock_rows
from o2o.tenancy.acting import current_actor_label


class CountStateError(DomainError):
    """The count is in a state from which this is not possible."""

    code = "count_state"
    title = gettext_lazy("The stock count cannot do this now")


def open_count(
    *,
    location_id: uuid.UUID,
    at: datetime,
    variant_ids: Collection[uuid.UUID] | None = None,
    reason: str = "",
    recount_above: int = 0,
) -> CycleCount:
    """Begin a count at a location: of these variants, or (None) of all that it has ever had.

    Raises ``NotFoundError``, or ``InvalidError`` where there is nothing to count.
    """
    with transaction.atomic():
        if not lock_rows(StockLocation.objects.filter(pk=location_id)):
            raise UnknownReferenceError(_("There is no location %(id)s.") % {"id": location_id})
        chosen = variant_ids
        if chosen is None:
            chosen = list(StockLevel.objects.filter(location_id=location_id).values_list("variant_id", flat=True))
        if not chosen:
            raise InvalidError(_("There is nothing to count: this location has no stock levels."))
        count = CycleCount.objects.create(
            number=next_number(kind="count", prefix="C"),
            location_id=location_id,
            reason=reason[:200],
            recount_above=recount_above,
            opened_by=current_actor_label()[:200],
        )
        CountLine.objects.bulk_create(CountLine(count=count, variant_id=pk) for pk in sorted(set(chosen)))
        return count


def ask_for_count(
    *, location_id: uuid.UUID, variant_ids: Collection[uuid.UUID], reason: str, at: datetime
) -> CycleCount:
    """Add variants to the open count of a location, or open one; those that wait there already are not added twice."""
    with transaction.atomic():
        lock_rows(StockLocation.objects.filter(pk=location_id))
        count = CycleCount.objects.filter(location_id=location_id, state=CountState.OPEN).order_by("pk").first()
        if count is None:
            return open_count(location_id=location_id, variant_ids=variant_ids, reason=reason, at=at)
        CountLine.objects.bulk_create(
            [CountLine(count=count, variant_id=pk) for pk in sorted(set(variant_ids))], ignore_conflicts=True
        )
        return count


def record_count(*, count_id: uuid.UUID, units: Mapping[uuid.UUID, int], at: datetime) -> CycleCount:
    """Write down what was found of variants. The second figure of a line is its recount, and the later one counts.

    What should be there is read at the same instant under the lock of the level, so that it does not matter what is
    sold until the count is posted. Raises ``CountStateError`` or ``InvalidError``; then nothing was written.
    """
    if any(found < 0 for found in units.values()):
        raise InvalidError(_("Nobody finds less than nothing."), field="units")
    with transaction.atomic():
        count = _locked(count_id, {CountState.OPEN})
        lines = {line.variant_id: line for line in count.lines.filter(variant_id__in=units)}
        if unknown := sorted(set(units) - set(lines)):
            raise InvalidError(_("Variant %(id)s is not part of this count.") % {"id": unknown[0]}, field="units")
        places = {(variant_id, count.location_id) for variant_id in units}
        ids = [level.pk for level in ensure_levels(places=places).values()]
        on_hand = {level.variant_id: level.on_hand for level in lock_rows(StockLevel.objects.filter(pk__in=ids))}
        for variant_id, line in lines.items():
            if line.counted is None:
                line.counted = units[variant_id]
            else:
                line.recounted = units[variant_id]
            line.expected, line.counted_at = on_hand[variant_id], at
            line.counted_by = current_actor_label()[:200]
            line.is_accepted = None
        fields = ("counted", "recounted", "expected", "counted_at", "counted_by", "is_accepted")
        CountLine.objects.bulk_update(lines.values(), fields)
        return count


def lines_to_recount(count: CycleCount) -> list[CountLine]:
    """Return the lines whose first figure differs by more than the count allows and that wait for a second."""
    lines = count.lines.filter(counted__isnull=False, recounted=None)
    return [line for line in lines if line.variance is not None and abs(line.variance) > count.recount_above]


def submit_count(*, count_id: uuid.UUID, at: datetime) -> CycleCount:
    """Hand a count in for review. Raises ``InvalidError`` while lines are not counted or wait for their recount."""
    with transaction.atomic():
        count = _locked(count_id, {CountState.OPEN})
        uncounted = count.lines.filter(counted=None).count()
        again = len(lines_to_recount(count))
        if uncounted or again:
            raise InvalidError(
                _("%(uncounted)s lines are not counted and %(again)s must be counted a second time.")
                % {"uncounted": uncounted, "again": again}
            )
        return _move(count, CountState.REVIEW)


def review_lines(*, count_id: uuid.UUID, line_ids: Collection[uuid.UUID], is_accepted: bool, at: datetime) -> int:
    """Accept or refuse what was found; refused differences are not posted. Raises ``CountStateError``."""
    with transaction.atomic():
        count = _locked(count_id, {CountState.REVIEW})
        changed: int = count.lines.filter(pk__in=line_ids).update(is_accepted=is_accepted, updated_at=at)
        return changed


def post_count(*, count_id: uuid.UUID, at: datetime) -> int:
    """Post the accepted differences to the stock and return how many units that was, up and down together.

    Lines without a difference need nobody's word; others that nobody has judged stop it. Raises ``CountStateError``,
    ``InvalidError``, or ``PromisedStockError`` where less would be left than is promised.
    """
    with transaction.atomic():
        count = _locked(count_id, {CountState.REVIEW})
        differing = [line for line in count.lines.order_by("variant_id") if line.variance]
        if unjudged := [line for line in differing if line.is_accepted is None]:
            raise InvalidError(
                _("%(count)s differences wait for a word: accept or refuse them.") % {"count": len(unjudged)}
            )
        changes = [(line.variant_id, count.location_id, line.variance or 0) for line in differing if line.is_accepted]
        if changes:
            adjust_stock(
                changes=changes, reason=MovementReason.COUNT, at=at, reference_kind="count", reference_id=count.pk
            )
        count.posted_at, count.posted_by = at, current_actor_label()[:200]
        _move(count, CountState.POSTED)
        variance = sum(abs(delta) for _variant, _location, delta in changes)
        emit(CountPosted(aggregate_id=count.pk, variance=variance))
        return variance


def cancel_count(*, count_id: uuid.UUID, at: datetime) -> CycleCount:
    """End a count without posting. Raises ``CountStateError``."""
    with transaction.atomic():
        return _move(_locked(count_id, {CountState.OPEN, CountState.REVIEW}), CountState.CANCELLED)


def reopen_count(*, count_id: uuid.UUID, at: datetime) -> CycleCount:
    """Send a count back from review to be counted again. Raises ``CountStateError``."""
    with transaction.atomic():
        return _move(_locked(count_id, {CountState.REVIEW}), CountState.OPEN)


def variants_of_skus(skus: Sequence[str]) -> Mapping[str, uuid.UUID]:
    """Return the ids of variants by SKU. Raises ``InvalidError`` for one that is not known."""
    found = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "pk"))
    if unknown := sorted(set(skus) - set(found)):
        raise InvalidError(_("There is no variant with the SKU “%(sku)s”.") % {"sku": unknown[0]}, field="lines")
    return found


def _locked(count_id: uuid.UUID, allowed: Collection[CountState]) -> CycleCount:
    found = lock_rows(CycleCount.objects.filter(pk=count_id))
    if not found:
        raise NotFoundError(_("There is no stock count %(id)s.") % {"id": count_id})
    count: CycleCount = found[0]
    if count.state not in allowed:
        raise CountStateError(
            _("The count %(number)s is “%(state)s”; this is not possible then.")
            % {"number": count.number, "state": count.get_state_display()},
            state=count.state,
        )
    return count


def _move(count: CycleCount, state: CountState) -> CycleCount:
    count.state = state
    count.save()
    return count
