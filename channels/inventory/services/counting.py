"""Stock counts, once they are open: counted and recounted, reviewed, posted.

What is posted is the difference between what was found and what was on hand at that instant, so that a sale between
counting and posting is not undone. An adjustment between the two is another matter: it may be the very shortage that
the count found. The figure is void then, and the line must be counted again or its difference refused.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.models import Variant
from channels.inventory.enums import CountState, MovementReason
from channels.inventory.events import CountPosted
from channels.inventory.models import CountLine, CycleCount, StockLevel
from channels.inventory.selectors.counts import adjustments_of
from channels.inventory.services.ledger import ensure_levels
from channels.inventory.services.opening_counts import CountedElsewhereError, ask_for_count, open_count
from channels.inventory.services.receiving import adjust_stock
from channels.inventory.services.reserving import lock_places
from o2o.events import emit
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows
from o2o.tenancy.acting import current_actor_label

__all__ = [
    "CountStateError",
    "CountedElsewhereError",
    "ask_for_count",
    "cancel_count",
    "open_count",
    "post_count",
    "record_count",
    "reopen_count",
    "request_recount",
    "review_lines",
    "submit_count",
    "variants_of_skus",
]

MOST_NAMED = 10


class CountStateError(DomainError):
    """The count is in a state from which this is not possible."""

    code = "count_state"
    title = gettext_lazy("The stock count cannot do this now")


def record_count(*, count_id: uuid.UUID, units: Mapping[uuid.UUID, int], at: datetime) -> CycleCount:
    """Write down what was found of variants, as often as people want; the last figure counts.

    A line that must be counted again gets its second figure, any other a new first one. What should be there is read at
    the same instant under the lock of the level. Raises ``CountStateError``, or ``InvalidError`` that names variants
    which the count does not have; then nothing was written. A constant number of statements.
    """
    if not units or any(found < 0 for found in units.values()):
        raise InvalidError(_("Nobody finds less than nothing."), field="units")
    with transaction.atomic():
        count = _locked(count_id, {CountState.OPEN})
        lines = list(count.lines.filter(variant_id__in=units))
        if unknown := sorted(set(units) - {line.variant_id for line in lines}):
            raise InvalidError(_("%(skus)s are not part of this count.") % {"skus": _skus(unknown)}, field="units")
        ids = [level.pk for level in ensure_levels(places={(pk, count.location_id) for pk in units}).values()]
        on_hand = {level.variant_id: level.on_hand for level in lock_rows(StockLevel.objects.filter(pk__in=ids))}
        seen = adjustments_of(location_id=count.location_id, variant_ids=units)
        for line in lines:
            _note(line, units[line.variant_id], on_hand[line.variant_id], seen.get(line.variant_id, 0), at)
        fields = ("counted", "recounted", "expected", "adjustments_seen", "counted_at", "counted_by", "needs_recount")
        CountLine.objects.bulk_update(lines, (*fields, "is_accepted"))
        return count


def _note(line: CountLine, found: int, expected: int, adjustments: int, at: datetime) -> None:
    if line.counted is not None and (line.needs_recount or line.recounted is not None):
        line.recounted = found
    else:
        line.counted = found
    line.expected, line.adjustments_seen, line.counted_at = expected, adjustments, at
    line.counted_by = current_actor_label()[:200]
    line.needs_recount, line.is_accepted = False, None


def submit_count(*, count_id: uuid.UUID, at: datetime) -> CycleCount:
    """Hand a count in for review, unless lines differ by more than it allows: these are to be counted again first.

    The count is then still open and its lines say ``needs_recount``. Raises ``InvalidError`` while lines are not
    counted, or ``CountStateError``.
    """
    with transaction.atomic():
        count = _locked(count_id, {CountState.OPEN})
        lines = list(count.lines.all())
        if uncounted := sum(line.counted is None for line in lines):
            raise InvalidError(
                _("%(uncounted)s of %(all)s lines are not counted yet; write 0 where nothing is left.")
                % {"uncounted": uncounted, "all": len(lines)}
            )
        again = [line.pk for line in lines if line.recounted is None and abs(line.variance or 0) > count.recount_above]
        CountLine.objects.filter(pk__in=again).update(needs_recount=True, updated_at=at)
        if again or any(line.needs_recount for line in lines):
            return count
        return _move(count, CountState.REVIEW)


def request_recount(*, count_id: uuid.UUID, line_ids: Collection[uuid.UUID], at: datetime) -> CycleCount:
    """Send lines of a count in review back to be counted again. Raises ``CountStateError`` or ``InvalidError``."""
    with transaction.atomic():
        count = _locked(count_id, {CountState.OPEN, CountState.REVIEW})
        chosen = count.lines.filter(pk__in=line_ids, counted__isnull=False)
        if not chosen.update(needs_recount=True, is_accepted=None, updated_at=at):
            raise InvalidError(_("Choose lines that have been counted."), field="line_ids")
        return _move(count, CountState.OPEN)


def review_lines(*, count_id: uuid.UUID, line_ids: Collection[uuid.UUID], is_accepted: bool, at: datetime) -> int:
    """Accept or refuse what was found; refused differences are not posted. Raises ``CountStateError``."""
    with transaction.atomic():
        count = _locked(count_id, {CountState.REVIEW})
        changed: int = count.lines.filter(pk__in=line_ids).update(is_accepted=is_accepted, updated_at=at)
        return changed


def post_count(*, count_id: uuid.UUID, at: datetime) -> int:
    """Post the accepted differences to the stock and return how many units that was, up and down together.

    Lines without a difference need nobody's word. Raises ``CountStateError``, ``PromisedStockError`` where less would
    be left than is promised, or ``InvalidError`` while differences wait for a word, lines wait for a figure, or the
    stock of accepted lines was adjusted since they were counted. A constant number of statements.
    """
    with transaction.atomic():
        count = _locked(count_id, {CountState.REVIEW})
        lines = list(count.lines.order_by("variant_id"))
        _refuse_unready(lines)
        accepted = [line for line in lines if line.variance and line.is_accepted]
        # Levels are locked before anybody looks at what was adjusted; lines are touched after them, see docs.
        if accepted:
            lock_places({(line.variant_id, count.location_id) for line in accepted}, at=at)
            _refuse_void(count, accepted)
            adjust_stock(
                changes=[(line.variant_id, count.location_id, line.variance or 0) for line in accepted],
                reason=MovementReason.COUNT,
                at=at,
                reference_kind="count",
                reference_id=count.pk,
            )
        count.posted_at, count.posted_by = at, current_actor_label()[:200]
        _end(count, CountState.POSTED, at)
        variance = sum(abs(line.variance or 0) for line in accepted)
        emit(CountPosted(aggregate_id=count.pk, variance=variance))
        return variance


def cancel_count(*, count_id: uuid.UUID, at: datetime) -> CycleCount:
    """End a count without posting. Raises ``CountStateError``."""
    with transaction.atomic():
        return _end(_locked(count_id, {CountState.OPEN, CountState.REVIEW}), CountState.CANCELLED, at)


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


def _refuse_unready(lines: Sequence[CountLine]) -> None:
    if waiting := sum(line.counted is None or line.needs_recount for line in lines):
        raise InvalidError(
            _("%(count)s lines wait to be counted; send the count back and count them.") % {"count": waiting}
        )
    if unjudged := sum(bool(line.variance) and line.is_accepted is None for line in lines):
        raise InvalidError(_("%(count)s differences wait for a word: accept or refuse them.") % {"count": unjudged})


def _refuse_void(count: CycleCount, accepted: Sequence[CountLine]) -> None:
    """Raise for lines whose level was adjusted after it was counted. Their levels are locked."""
    seen = adjustments_of(location_id=count.location_id, variant_ids=[line.variant_id for line in accepted])
    if void := [line.variant_id for line in accepted if seen.get(line.variant_id, 0) != line.adjustments_seen]:
        raise InvalidError(
            _(
                "The stock of %(skus)s was adjusted after it was counted, so posting might take the same units twice."
                " Count these lines again, or refuse their differences."
            )
            % {"skus": _skus(void)},
            void=[str(pk) for pk in void],
        )


def _skus(variant_ids: Iterable[uuid.UUID]) -> str:
    """Return SKUs to name in an error, the first of many; ids where there is no such variant."""
    ids = list(variant_ids)
    known = dict(Variant.objects.filter(pk__in=ids[:MOST_NAMED]).values_list("pk", "sku"))
    names = sorted(known.get(pk, str(pk)) for pk in ids[:MOST_NAMED])
    return ", ".join([*names, "…"] if len(ids) > MOST_NAMED else names)


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


def _end(count: CycleCount, state: CountState, at: datetime) -> CycleCount:
    """End a count, whose variants may be counted elsewhere from then on."""
    count.lines.update(is_pending=False, updated_at=at)
    return _move(count, state)
