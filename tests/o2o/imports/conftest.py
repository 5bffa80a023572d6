"""What the tests of imports share: a kind, an actor, and the steps of an import."""

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from o2o.imports import kinds
from o2o.imports.models import ImportBatch, ImportRow
from o2o.imports.services.batches import apply_batch, start_plan, undo_batch
from o2o.imports.services.uploads import upload_file
from o2o.kit import clock
from o2o.kit.jobs.running import Ran, run_job
from o2o.tenancy.actor import Actor, ActorKind
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.imports.sample import register

Step = Callable[..., ImportBatch]


@pytest.fixture(autouse=True)
def _a_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    register()


def actor_at(merchant: Merchant, *capabilities: Capability, **fields: Any) -> Actor:
    """Return somebody who may import things, or what is given."""
    return Actor(
        kind=ActorKind.USER,
        id=fields.pop("id", uuid.uuid4()),
        label="Ann",
        merchant_id=merchant.pk,
        capabilities=frozenset(capabilities or {Capability.WEBHOOKS_WRITE}),
        **fields,
    )


def upload(
    merchant: Merchant, content: bytes | str, name: str = "things.csv", actor: Actor | None = None
) -> ImportBatch:
    """Upload a file."""
    data = content.encode() if isinstance(content, str) else content
    with tenant_transaction(merchant.pk):
        return upload_file(
            kind="test.things", file_name=name, file=io.BytesIO(data), actor=actor or actor_at(merchant), at=clock.now()
        )


def run(batch: ImportBatch, seconds: float = 60) -> Ran:
    """Run the job of an import."""
    return run_job(merchant_id=batch.merchant_id, job_id=batch.job_id, seconds=seconds)


def now(batch: ImportBatch) -> ImportBatch:
    """Return the import as it is now."""
    with tenant_transaction(batch.merchant_id):
        return ImportBatch.objects.select_related("job").get(pk=batch.pk)


def step(service: Any, batch: ImportBatch) -> ImportBatch:
    """Call a service that starts a job, run the job and return the import as it is then."""
    merchant = Merchant(pk=batch.merchant_id)
    with tenant_transaction(batch.merchant_id):
        started = service(batch_id=batch.pk, actor=actor_at(merchant))
    run(started)
    return now(batch)


def planned(merchant: Merchant, content: bytes | str, name: str = "things.csv") -> ImportBatch:
    """Upload and plan a file."""
    return step(start_plan, upload(merchant, content, name))


def applied(merchant: Merchant, content: bytes | str, name: str = "things.csv") -> ImportBatch:
    """Upload, plan and apply a file."""
    return step(apply_batch, planned(merchant, content, name))


def undone(batch: ImportBatch) -> ImportBatch:
    """Undo an import."""
    return step(undo_batch, batch)


def rows(batch: ImportBatch) -> list[ImportRow]:
    """Return the rows of an import in the order of the file."""
    with tenant_transaction(batch.merchant_id):
        return list(ImportRow.objects.filter(batch=batch).order_by("row_number"))
