"""Long work on the catalog."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Product
from channels.catalog.services.monitoring import LOOK_AT_ALL, look_at_batch
from o2o.kit.jobs import Batch, JobKind, job_kind


@job_kind(LOOK_AT_ALL, label=_("Consistency of the channels"))
class LookAtAll(JobKind):
    """Compare the listings of every product with its policy, some hundreds at a time."""

    def total(self, *, parameters: Mapping[str, Any]) -> int | None:
        return int(Product.objects.count())

    def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
        after = uuid.UUID(cursor["after"]) if cursor else None
        done, last = look_at_batch(after=after, at=at)
        return Batch(cursor=None if last is None else {"after": str(last)}, done=done)
