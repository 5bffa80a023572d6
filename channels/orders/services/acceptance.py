"""A store does not answer: remind it, pass the units to its backup, take them back.

Each is due at an instant that the fulfilment carries, and done by whoever clears that instant in a conditional
update: once, however many tickers run. The caller holds the order's lock.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from channels.inventory.lines import AllocationLine
from channels.inventory.models import StockLevel
from channels.inventory.services import OutOfStockError, allocate_stock
from channels.orders.enums import FulfillmentState, RejectionReason, StockEffect, TimelineKind
from channels.orders.events.fulfillment import FulfillmentEscalated, FulfillmentRejected, FulfillmentReminded
from channels.orders.models import FulfillmentLine, FulfillmentOrder
from channels.orders.services.acceptance_times import policies_for
from channels.orders.services.rejecting import all_units, give_back
from channels.orders.services.routing import route_order
from channels.orders.services.telling import names, note_step
from channels.stores.enums import FulfillmentMethod
from channels.stores.models import StockLocation
from channels.stores.selectors import opening_instants
from o2o.events import emit
from o2o.kit.locks import lock_rows


def remind_store(*, fulfillment_id: uuid.UUID, at: datetime) -> bool:
    """Remind a store that has not answered, if that is due; return whether it was."""
    if not _clear(Q(remind_at__lte=at), fulfillment_id, at, remind_at=None):
        return False
    fulfillment = FulfillmentOrder.objects.get(pk=fulfillment_id)
    note_step(fulfillment, TimelineKind.REMINDED, at, accept_by=fulfillment.accept_by)
    emit(FulfillmentReminded(**names(fulfillment), accept_by=fulfillment.accept_by))
    return True


def expire(*, fulfillment_id: uuid.UUID, at: datetime) -> bool:
    """Take the units back from a store that did not answer in time and route them anew; return whether it was due."""
    if not _clear(Q(accept_by__lte=at), fulfillment_id, at, accept_by=None):
        return False
    fulfillment = FulfillmentOrder.objects.get(pk=fulfillment_id)
    taken = all_units(fulfillment)
    rejected = give_back(taken, fulfillment=fulfillment, reason=RejectionReason.EXPIRED, at=at)
    units = sum(part.quantity for part in taken)
    note_step(rejected, TimelineKind.REJECTED, at, reason=RejectionReason.EXPIRED.value, units=units)
    emit(
        FulfillmentRejected(
            **names(rejected), reason=RejectionReason.EXPIRED, stock_effect=StockEffect.NONE, units=units
        )
    )
    route_order(order_id=rejected.order_id, at=at, cause="expired", fulfillment_id=rejected.pk)
    return True


def escalate(*, fulfillment_id: uuid.UUID, at: datetime) -> bool:
    """Pass the units to the backup store, if that is due; return whether it was.

    Only a backup that is open, works by the method, has not refused this order and has all the units gets them; it has
    until the same ``accept_by``. Otherwise they stay with the first store until then. A pickup stays where the customer
    will come.
    """
    if not _clear(Q(escalate_at__lte=at), fulfillment_id, at, escalate_at=None):
        return False
    fulfillment = FulfillmentOrder.objects.select_related("order").get(pk=fulfillment_id)
    backup = _backup(fulfillment, at)
    if backup is not None:
        try:
            with transaction.atomic():
                _pass_on(fulfillment, backup, at)
        except OutOfStockError:
            pass  # it stays where it is; the expiry finds another place
    return True


def _clear(due: Q, fulfillment_id: uuid.UUID, at: datetime, **instant: None) -> bool:
    """Clear an instant that has come, while nobody has answered; False where somebody did so already."""
    waits = FulfillmentOrder.objects.filter(due, pk=fulfillment_id, state=FulfillmentState.OPEN, location__isnull=False)
    return bool(waits.update(updated_at=at, **instant))


def _backup(fulfillment: FulfillmentOrder, at: datetime) -> StockLocation | None:
    if fulfillment.method == FulfillmentMethod.PICKUP:
        return None
    channel_id = fulfillment.order.channel_id
    policy = policies_for(channel_id=channel_id, location_ids=[fulfillment.location_id]).get(fulfillment.location_id)
    if policy is None or policy.backup_location_id in (None, fulfillment.location_id):
        return None
    backup = StockLocation.objects.get(pk=policy.backup_location_id)
    has_refused = FulfillmentOrder.objects.filter(
        order=fulfillment.order_id, location=backup, state=FulfillmentState.REJECTED
    ).exists()
    can_do_it = backup.is_active and fulfillment.method in backup.methods and not has_refused
    is_open = can_do_it and opening_instants(locations=[backup], at=at)[backup.pk] == at
    return backup if is_open else None


def _pass_on(fulfillment: FulfillmentOrder, backup: StockLocation, at: datetime) -> None:
    taken = all_units(fulfillment)
    variants = {part.line.order_line.variant_id for part in taken}
    # Both stores' levels in one go, in the order of ids: releasing and allocating then wait for nobody.
    lock_rows(StockLevel.objects.filter(variant__in=variants, location__in=[fulfillment.location_id, backup.pk]))
    passed = FulfillmentOrder.objects.create(
        order=fulfillment.order,
        location=backup,
        method=fulfillment.method,
        attempt=fulfillment.attempt + 1,
        routed_at=at,
        tried_at=at,
        accept_by=fulfillment.accept_by,
    )
    old = give_back(taken, fulfillment=fulfillment, reason=RejectionReason.EXPIRED, at=at)
    lines = FulfillmentLine.objects.bulk_create(
        FulfillmentLine(fulfillment=passed, order_line=part.line.order_line, quantity=part.quantity) for part in taken
    )
    allocate_stock(
        order_id=fulfillment.order_id,
        channel_id=fulfillment.order.channel_id,
        lines=[
            AllocationLine(line.pk, line.order_line.variant_id, backup.pk, line.quantity)
            for line in lines
            if line.order_line.variant_id is not None
        ],
        at=at,
    )
    note_step(old, TimelineKind.ESCALATED, at, backup_location_id=str(backup.pk), passed_to_id=str(passed.pk))
    emit(FulfillmentEscalated(**names(old), backup_location_id=backup.pk, passed_to_id=passed.pk))
