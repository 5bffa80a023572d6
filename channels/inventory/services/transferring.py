"""Transfers: requested, shipped, received with what is missing, damaged or too much; or cancelled."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.inventory.enums import MovementKind, MovementReason, TransferState
from channels.inventory.events import TransferChanged
from channels.inventory.models import StockMovement, TransferLine, TransferOrder
from channels.inventory.services.availability_events import tell_available
from channels.inventory.services.ledger import ensure_levels, record_movements
from channels.stores.models import StockLocation
from channels.stores.services import next_number
from o2o.events import emit
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows
from o2o.tenancy.acting import current_actor_label

S = TransferState


class TransferStateError(DomainError):
    """The transfer is in a state from which this is not possible."""

    code = "transfer_state"
    title = gettext_lazy("The transfer cannot do this now")


def request_transfer(
    *, source_id: uuid.UUID, destination_id: uuid.UUID, units: Mapping[uuid.UUID, int], at: datetime, note: str = ""
) -> TransferOrder:
    """Ask for units of variants to be sent from one location to another. Raises ``InvalidError``, ``NotFoundError``."""
    if source_id == destination_id:
        raise InvalidError(_("A transfer goes from one location to another."), field="destination_id")
    if not units or any(count <= 0 for count in units.values()):
        raise InvalidError(_("A transfer is of at least one unit of each variant."), field="units")
    if StockLocation.objects.filter(pk__in=(source_id, destination_id)).count() != 2:
        raise NotFoundError(_("There is no such location."))
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


def ship_transfer(
    *, transfer_id: uuid.UUID, at: datetime, units: Mapping[uuid.UUID, int] | None = None
) -> TransferOrder:
    """Let the goods leave the source: as requested, or other units of each variant (less, more or none).

    Raises ``PromisedStockError`` where the source has promised them, ``TransferStateError``, ``InvalidError``.
    """
    with transaction.atomic():
        transfer = _locked(transfer_id, {S.REQUESTED})
        lines = list(transfer.lines.order_by("variant_id"))
        leaving = {
            line.variant_id: line.requested if units is None else units.get(line.variant_id, 0) for line in lines
        }
        for line in lines:
            line.shipped = leaving[line.variant_id]
        if any(count < 0 for count in leaving.values()) or not any(leaving.values()):
            raise InvalidError(_("At least one unit leaves; to send nothing, cancel the transfer."), field="units")
        TransferLine.objects.bulk_update(lines, ("shipped",))
        _move(transfer, {variant_id: -count for variant_id, count in leaving.items()}, transfer.source_id, at)
        transfer.shipped_at = at
        return _to(transfer, S.SHIPPED)


def receive_transfer(
    *,
    transfer_id: uuid.UUID,
    received: Mapping[uuid.UUID, int],
    at: datetime,
    damaged: Mapping[uuid.UUID, int] | None = None,
) -> TransferOrder:
    """Take the goods in at the destination: units in good state and damaged ones, by variant.

    What is in good state is in stock at once; damaged and missing units are only written down. More than was shipped
    may arrive. Raises ``TransferStateError`` or ``InvalidError``.
    """
    damaged = damaged or {}
    with transaction.atomic():
        transfer = _locked(transfer_id, {S.SHIPPED})
        lines = list(transfer.lines.order_by("variant_id"))
        if set(received) - {line.variant_id for line in lines}:
            raise InvalidError(_("A variant arrived that the transfer does not have; receive it on its own."))
        for line in lines:
            line.received, line.damaged = received.get(line.variant_id, 0), damaged.get(line.variant_id, 0)
        if any(count < 0 for count in (*received.values(), *damaged.values())):
            raise InvalidError(_("Nothing less than nothing arrives."), field="received")
        TransferLine.objects.bulk_update(lines, ("received", "damaged"))
        _move(transfer, received, transfer.destination_id, at)
        transfer.received_at = at
        return _to(transfer, S.RECEIVED)


def cancel_transfer(*, transfer_id: uuid.UUID, at: datetime) -> TransferOrder:
    """End a transfer that has not been shipped. Raises ``TransferStateError``."""
    with transaction.atomic():
        transfer = _locked(transfer_id, {S.REQUESTED})
        transfer.cancelled_at = at
        return _to(transfer, S.CANCELLED)


def _move(transfer: TransferOrder, units: Mapping[uuid.UUID, int], location_id: uuid.UUID, at: datetime) -> None:
    moved = {variant_id: count for variant_id, count in units.items() if count}
    levels = ensure_levels(places={(variant_id, location_id) for variant_id in moved})
    record_movements(
        movements=[
            StockMovement(
                level=levels[variant_id, location_id],
                kind=MovementKind.TRANSFERRED,
                on_hand_delta=count,
                reason=MovementReason.TRANSFER,
                reference_kind="transfer",
                reference_id=transfer.pk,
                occurred_at=at,
            )
            for variant_id, count in moved.items()
        ]
    )
    tell_available({levels[variant_id, location_id].pk for variant_id, count in moved.items() if count > 0}, at=at)


def _locked(transfer_id: uuid.UUID, allowed: Collection[TransferState]) -> TransferOrder:
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
    return transfer


def _to(transfer: TransferOrder, state: TransferState) -> TransferOrder:
    transfer.state = state
    transfer.save()
    _tell(transfer)
    return transfer


def _tell(transfer: TransferOrder) -> None:
    emit(TransferChanged(aggregate_id=transfer.pk, state=TransferState(transfer.state)))
