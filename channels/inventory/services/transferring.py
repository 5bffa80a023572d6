"""Transfers: requested, shipped, received with what is missing, damaged or too much; cancelled, or taken back.

The ledger tells all of it. At the source goods leave when they are shipped and come back when they are taken back. At
the destination everything arrives that was there, and what is damaged is written off by an entry of its own.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.catalog.models import Variant
from channels.inventory.enums import MovementKind, MovementReason, TransferState
from channels.inventory.events import TransferChanged
from channels.inventory.models import StockMovement, TransferLine, TransferOrder
from channels.inventory.services.availability_events import tell_available
from channels.inventory.services.ledger import ensure_levels, record_movements
from channels.stores.models import StockLocation
from channels.stores.services import next_number
from o2o.events import emit
from o2o.kit.errors import DomainError, InvalidError, NotFoundError, UnknownReferenceError
from o2o.kit.locks import lock_rows
from o2o.tenancy.acting import current_actor_label

S = TransferState
Units = Mapping[uuid.UUID, int]


class TransferStateError(DomainError):
    """The transfer is in a state from which this is not possible."""

    code = "transfer_state"
    title = gettext_lazy("The transfer cannot do this now")


def request_transfer(
    *, source_id: uuid.UUID, destination_id: uuid.UUID, units: Units, at: datetime, note: str = ""
) -> TransferOrder:
    """Ask for units of variants to be sent from one location to another.

    Raises ``InvalidError``, or ``UnknownReferenceError`` for a location that is not there.
    """
    if source_id == destination_id:
        raise InvalidError(_("A transfer goes from one location to another."), field="destination_id")
    if not units or any(count <= 0 for count in units.values()):
        raise InvalidError(_("A transfer is of at least one unit of each variant."), field="units")
    if StockLocation.objects.filter(pk__in=(source_id, destination_id)).count() != 2:
        raise UnknownReferenceError(_("There is no such location."))
    with transaction.atomic():
        transfer = TransferOrder.objects.create(
            number=next_number(kind="transfer", prefix="T"),
            source_id=source_id,
            destination_id=destination_id,
            note=note[:200],
            requested_by=current_actor_label()[:200],
        )
        TransferLine.objects.bulk_create(
            TransferLine(transfer=transfer, variant_id=variant_id, requested=count)
            for variant_id, count in sorted(units.items())
        )
        _tell(transfer)
        return transfer


def ship_transfer(*, transfer_id: uuid.UUID, at: datetime, units: Units | None = None) -> TransferOrder:
    """Let the goods leave the source: as requested, or other units of each variant, none of those not named.

    Raises ``PromisedStockError`` where the source has promised them, ``TransferStateError``, or ``InvalidError`` that
    names variants which the transfer does not have. A constant number of statements.
    """
    with transaction.atomic():
        transfer, lines = _locked(transfer_id, {S.REQUESTED})
        _refuse_others(lines, units or {})
        for line in lines:
            line.shipped = line.requested if units is None else units.get(line.variant_id, 0)
        if not any(line.shipped for line in lines):
            raise InvalidError(_("At least one unit leaves; to send nothing, cancel the transfer."), field="units")
        TransferLine.objects.bulk_update(lines, ("shipped",))
        _move(transfer, transfer.source_id, {line.variant_id: -(line.shipped or 0) for line in lines}, at)
        transfer.shipped_at, transfer.shipped_by = at, current_actor_label()[:200]
        return _to(transfer, S.SHIPPED)


def receive_transfer(
    *,
    transfer_id: uuid.UUID,
    at: datetime,
    received: Units | None = None,
    damaged: Units | None = None,
    damage_reasons: Mapping[uuid.UUID, str] | None = None,
) -> TransferOrder:
    """Take the goods in at the destination: units in good state (all that were shipped, or those named) and damaged.

    All of them are received, and the damaged ones written off, so that the ledger tells. What is missing or too much is
    the difference of the line. Who comes second is refused, and nothing is booked twice. Raises
    ``TransferStateError``, or ``InvalidError`` for damage without a reason and for variants that the transfer does not
    have. A constant number of statements.
    """
    damaged, reasons = damaged or {}, damage_reasons or {}
    with transaction.atomic():
        transfer, lines = _locked(transfer_id, {S.SHIPPED})
        _refuse_others(lines, received or {}, damaged)
        for line in lines:
            line.damaged = damaged.get(line.variant_id, 0)
            # All that was shipped and is not damaged, where nobody says otherwise.
            all_good = max((line.shipped or 0) - line.damaged, 0)
            line.received = all_good if received is None else received.get(line.variant_id, 0)
            line.damage_reason = reasons.get(line.variant_id, "").strip()[:200] if line.damaged else ""
        _refuse_unexplained([line for line in lines if line.damaged and not line.damage_reason])
        TransferLine.objects.bulk_update(lines, ("received", "damaged", "damage_reason"))
        arrived = {line.variant_id: (line.received or 0) + line.damaged for line in lines}
        _move(transfer, transfer.destination_id, arrived, at, broken=[line for line in lines if line.damaged])
        transfer.received_at, transfer.received_by = at, current_actor_label()[:200]
        return _to(transfer, S.RECEIVED)


def take_back(*, transfer_id: uuid.UUID, at: datetime, units: Units | None = None) -> TransferOrder:
    """Put units that were shipped and never arrived into the stock of the source again: all of them, or those named.

    A transfer on its way ends with that, and what is not named is missing; of one that was received at most what is
    missing comes back. Raises ``TransferStateError`` or ``InvalidError``. A constant number of statements.
    """
    with transaction.atomic():
        transfer, lines = _locked(transfer_id, {S.SHIPPED, S.RECEIVED})
        _refuse_others(lines, units or {})
        missing = {line.variant_id: _missing(line) for line in lines}
        back = missing if units is None else dict(units)
        if not any(back.values()):
            raise InvalidError(_("No unit of this transfer is missing, so none can come back."), field="units")
        if beyond := [line for line in lines if back.get(line.variant_id, 0) > missing[line.variant_id]]:
            raise InvalidError(
                _("Of %(sku)s %(missing)s units are missing; no more than that can come back.")
                % {"sku": _skus([beyond[0].variant_id]), "missing": missing[beyond[0].variant_id]},
                field="units",
            )
        for line in lines:
            line.returned += back.get(line.variant_id, 0)
            line.received = line.received or 0
        TransferLine.objects.bulk_update(lines, ("returned", "received"))
        _move(transfer, transfer.source_id, back, at)
        if transfer.state == S.RECEIVED:
            _tell(transfer)
            return transfer
        transfer.returned_at = at
        return _to(transfer, S.RETURNED)


def cancel_transfer(*, transfer_id: uuid.UUID, at: datetime) -> TransferOrder:
    """End a transfer that has not been shipped. Raises ``TransferStateError``."""
    with transaction.atomic():
        transfer, _lines = _locked(transfer_id, {S.REQUESTED})
        transfer.cancelled_at = at
        return _to(transfer, S.CANCELLED)


def _missing(line: TransferLine) -> int:
    return max((line.shipped or 0) - (line.received or 0) - line.damaged - line.returned, 0)


def _refuse_others(lines: Iterable[TransferLine], *given: Units) -> None:
    """Raise for variants that the transfer does not have, by name, and for fewer units than none."""
    if any(count < 0 for units in given for count in units.values()):
        raise InvalidError(_("The fewest units are 0."), field="units")
    known = {line.variant_id for line in lines}
    if others := {variant_id for units in given for variant_id in units} - known:
        raise InvalidError(
            _("The transfer does not have %(skus)s; receive or ship such goods on their own.")
            % {"skus": _skus(others)},
            field="lines",
        )


def _refuse_unexplained(lines: Collection[TransferLine]) -> None:
    if lines:
        raise InvalidError(
            _("Say what is damaged of %(skus)s.") % {"skus": _skus(line.variant_id for line in lines)},
            field="damage_reason",
        )


def _skus(variant_ids: Iterable[uuid.UUID]) -> str:
    """Return SKUs to name in an error; ids where there is no such variant."""
    ids = sorted(set(variant_ids))
    known = dict(Variant.objects.filter(pk__in=ids).values_list("pk", "sku"))
    return ", ".join(known.get(pk, str(pk)) for pk in ids)


def _move(
    transfer: TransferOrder,
    location_id: uuid.UUID,
    units: Units,
    at: datetime,
    *,
    broken: Sequence[TransferLine] = (),
) -> None:
    """Write what moves at a location, and what of it is broken, into the ledger."""
    moved = {variant_id: count for variant_id, count in units.items() if count}
    levels = ensure_levels(places={(variant_id, location_id) for variant_id in moved})
    common = {"reference_kind": "transfer", "reference_id": transfer.pk, "occurred_at": at}
    movements = [
        StockMovement(
            level=levels[variant_id, location_id],
            kind=MovementKind.TRANSFERRED,
            on_hand_delta=count,
            reason=MovementReason.TRANSFER,
            **common,
        )
        for variant_id, count in moved.items()
    ]
    movements += [
        StockMovement(
            level=levels[line.variant_id, location_id],
            kind=MovementKind.ADJUSTED,
            on_hand_delta=-line.damaged,
            reason=MovementReason.DAMAGE,
            note=line.damage_reason,
            **common,
        )
        for line in broken
    ]
    record_movements(movements=movements)
    tell_available({levels[variant_id, location_id].pk for variant_id, count in moved.items() if count > 0}, at=at)


def _locked(transfer_id: uuid.UUID, allowed: Collection[TransferState]) -> tuple[TransferOrder, list[TransferLine]]:
    """Return a transfer, locked, and its lines, which only change under its lock."""
    found = lock_rows(TransferOrder.objects.filter(pk=transfer_id))
    if not found:
        raise NotFoundError(_("There is no transfer %(id)s.") % {"id": transfer_id})
    transfer: TransferOrder = found[0]
    if transfer.state not in allowed:
        raise TransferStateError(
            _("The transfer %(number)s is “%(state)s”; this is not possible then.")
            % {"number": transfer.number, "state": transfer.get_state_display()},
            state=transfer.state,
        )
    return transfer, list(transfer.lines.order_by("variant_id"))


def _to(transfer: TransferOrder, state: TransferState) -> TransferOrder:
    transfer.state = state
    transfer.save()
    _tell(transfer)
    return transfer


def _tell(transfer: TransferOrder) -> None:
    emit(TransferChanged(aggregate_id=transfer.pk, state=TransferState(transfer.state)))
