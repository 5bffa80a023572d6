"""The delivery log is kept for a while and then removed, in small batches."""

from datetime import datetime, timedelta

from o2o.events.webhooks.models import WebhookDelivery
from o2o.tenancy.scope import platform_transaction

KEPT_FOR = timedelta(days=60)
BATCH = 1000


def purge_deliveries(*, before: datetime, batches: int = 100) -> int:
    """Delete deliveries that were settled before an instant, with their attempts; return how many went."""
    total = 0
    for _number in range(batches):
        with platform_transaction():
            old = WebhookDelivery.objects.filter(settled_at__lt=before).order_by("settled_at")
            ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
            WebhookDelivery.objects.filter(pk__in=ids).delete()
        total += len(ids)
        if len(ids) < BATCH:
            break
    return total
