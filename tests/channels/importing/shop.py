"""A shop that takes files in, for the tests and measurements of imports."""

from io import BytesIO

from o2o.imports.models import ImportBatch
from o2o.imports.services.batches import apply_batch, start_plan, undo_batch
from o2o.imports.services.uploads import set_dialect, upload_file
from o2o.kit.clock import now
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.running import run_job
from o2o.tenancy.enums import Role
from o2o.tenancy.scope import tenant_transaction
from o2o.tenancy.selectors import actor_of
from tests.channels.factories import SalesChannelFactory, StockLocationFactory
from tests.factories import MembershipFactory, MerchantFactory


class Importer:
    """A merchant, and an owner who imports."""

    def __init__(self, **merchant):
        self.merchant = MerchantFactory(**merchant)
        self.owner = actor_of(MembershipFactory(merchant=self.merchant, role=Role.OWNER))

    def scope(self):
        return tenant_transaction(self.merchant.pk)

    def take_in(self, kind, content, *, name="file.csv", changes=None):
        """Upload and compare a file, apply it if it says anything new, and return its batch."""
        batch = self.compare(kind, content, name=name, changes=changes)
        if not batch.to_apply:
            return batch
        return self._done(apply_batch, batch)

    def compare(self, kind, content, *, name="file.csv", changes=None):
        """Upload and compare a file, read as ``changes`` say."""
        file = (
            content
            if hasattr(content, "read")
            else BytesIO(content if isinstance(content, bytes) else content.encode())
        )
        with self.scope():
            batch = upload_file(kind=kind, file_name=name, file=file, actor=self.owner, at=now())
            if changes:
                set_dialect(batch_id=batch.pk, actor=self.owner, changes=changes)
        return self._done(start_plan, batch)

    def undo(self, batch):
        return self._done(undo_batch, batch)

    def batch(self, pk):
        with self.scope():
            return ImportBatch.objects.get(pk=pk)

    def reasons(self, batch):
        """Return why rows came back, by their numbers."""
        with self.scope():
            return {row.row_number: row.reason for row in batch.rows.exclude(reason="")}

    def _done(self, service, batch):
        with self.scope():
            service(batch_id=batch.pk, actor=self.owner)
        self.work()
        return self.batch(batch.pk)

    def work(self):
        """Run the jobs that wait."""
        with self.scope():
            jobs = list(Job.objects.filter(state="queued").values_list("pk", flat=True))
        for pk in jobs:
            while run_job(merchant_id=self.merchant.pk, job_id=pk, seconds=60).name == "MORE":
                pass


class Shop(Importer):
    """A shop with a channel of each kind and a store."""

    def __init__(self):
        super().__init__(currency="CNY")
        SalesChannelFactory(merchant=self.merchant, code="mini")
        SalesChannelFactory(merchant=self.merchant, code="pos", kind="pos")
        StockLocationFactory(merchant=self.merchant, code="S1")
