"""What was delivered is kept for a while and then removed, in small batches."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery, OutboxEvent
from o2o.tenancy.scope import platform_transaction

KEPT_FOR = timedelta(days=90)
BATCH = 1000
SETTLED = (DeliveryState.DONE, DeliveryState.DISCARDED)


def purge_delivered(*, before: datetime, batches: int = 100) -> int:
    """Delete events published before an instant whose deliveries are all done or discarded; return how many events.

    Dead letters keep their events until they are replayed or discarded. Each batch is a transaction of its own.
    """
    total = 0
    for _ in range(batches):
        with platform_transaction():
            unsettled = EventDelivery.objects.filter(event=OuterRef("pk")).exclude(state__in=SETTLED)
            old = OutboxEvent.objects.filter(published_at__lt=before).exclude(Exists(unsettled))
            ids = list(old.order_by("position").values_list("pk", flat=True)[:BATCH])
            OutboxEvent.objects.filter(pk__in=ids).delete()
        total += len(ids)
        if len(ids) < BATCH:
            break
    return total
