"""Upload, plan, apply, undo: each step once, each row told what became of it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection, connections
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from o2o.events.webhooks.models import WebhookEndpoint
from o2o.imports import ImportContext, Plan, Row
from o2o.imports.enums import BatchState
from o2o.imports.kinds import UnknownImportKindError
from o2o.imports.models import ImportBatch, ImportRow
from o2o.imports.services import batches, staging
from o2o.imports.services.batches import NothingToApplyError, apply_batch, cancel_batch, start_plan, undo_batch
from o2o.imports.services.errors import BatchStateError, MissingColumnsError
from o2o.imports.services.uploads import set_dialect
from o2o.kit import clock
from o2o.kit.errors import NotFoundError
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.running import Ran
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.imports.conftest import actor_at, applied, now, planned, rows, run, step, undone, upload
from tests.o2o.imports.sample import ImportThings

RUN = "import django; django.setup(); from tests.o2o.imports.sample import main; main()"
FILE = "SKU;Name;Price\nA-1;Green tea;12,50\nA-2;Black tea;(1.00)\nA-1;Again;1\n;No code;2\nA-3;Oolong;1.234,00\n"
pytestmark = pytest.mark.usefixtures("committed_db")


def things(merchant: Merchant) -> dict[str, tuple[str, list[str]]]:
    with tenant_transaction(merchant.pk):
        return {each.description: (each.url, each.event_types) for each in WebhookEndpoint.objects.all()}


def counts(batch: ImportBatch) -> tuple[int, ...]:
    return (batch.to_create, batch.to_change, batch.to_leave, batch.to_reject)


def test_a_file_is_compared_before_anything_is_written(merchant: Merchant) -> None:
    batch = planned(merchant, FILE)
    assert (batch.state, batch.row_count, counts(batch)) == (BatchState.PLANNED, 5, (2, 0, 0, 3))
    assert things(merchant) == {}
    first, negative, again, nameless, last = rows(batch)
    assert first.changes["price"] == [None, "12.50"]
    assert "“(1.00)” is less than 0" in negative.reason
    assert again.reason == "Row 2 has the same SKU; only the first one counts."
    assert nameless.reason == "SKU is empty."
    assert last.changes["price"] == [None, "1234.00"]


def test_applying_writes_and_the_same_file_again_leaves_everything(merchant: Merchant) -> None:
    batch = applied(merchant, FILE)
    assert (batch.state, batch.applied_count, batch.rejected_count) == (BatchState.APPLIED, 2, 0)
    after = things(merchant)
    assert after == {"A-1": ("Green tea", ["12.50", ""]), "A-3": ("Oolong", ["1234.00", ""])}
    again = planned(merchant, FILE)
    assert counts(again) == (0, 0, 2, 3)
    with tenant_transaction(merchant.pk), pytest.raises(NothingToApplyError):
        apply_batch(batch_id=again.pk, actor=actor_at(merchant))
    assert things(merchant) == after


def test_undoing_brings_back_what_was_and_refuses_what_changed_since(merchant: Merchant) -> None:
    applied(merchant, "SKU,Name,Price\nA-1,Tea,1\n")
    before = things(merchant)
    batch = applied(merchant, "SKU,Name,Price\nA-1,Green tea,2\nA-2,Black tea,3\nA-3,White tea,4\n")
    with tenant_transaction(merchant.pk):
        WebhookEndpoint.objects.filter(description="A-3").update(url="Changed by hand")
    batch = undone(batch)
    assert (batch.state, batch.undone_count, batch.kept_count) == (BatchState.UNDONE, 2, 1)
    assert things(merchant) == {**before, "A-3": ("Changed by hand", ["4.00", ""])}
    assert [row.reason for row in rows(batch)] == ["", "", "It was changed since."]


def test_a_refused_row_spoils_no_other(merchant: Merchant) -> None:
    batch = applied(merchant, "SKU,Name\nA-1,Tea\nA-2,refused\nA-3,Milk\n")
    assert (batch.applied_count, batch.rejected_count) == (2, 1)
    assert set(things(merchant)) == {"A-1", "A-3"}
    assert rows(batch)[1].reason == "The name “refused” is refused; choose another."


def test_a_row_that_cannot_be_read_rejects_its_whole_group(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImportThings, "is_one_row_per_group", False)
    batch = planned(merchant, "SKU,Name,Price\nA-1,Tea,1\nA-2,Milk,1\nA-1,Tea,abc\n")
    assert counts(batch) == (1, 0, 0, 2)
    assert rows(batch)[0].reason == "Row 4, which belongs to the same, cannot be read."


def test_groups_that_lie_apart_come_in_one_call(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImportThings, "is_one_row_per_group", False)
    monkeypatch.setattr(ImportThings, "chunk_rows", 2)
    calls: list[list[str]] = []
    plan = ImportThings.plan

    def noted(self: ImportThings, some: Sequence[Row], *, context: ImportContext) -> Sequence[Plan]:
        calls.append([row["sku"] for row in some])
        return plan(self, some, context=context)

    monkeypatch.setattr(ImportThings, "plan", noted)
    planned(merchant, "SKU,Name\n" + "".join(f"A-{number % 3},Tea\n" for number in range(9)))
    assert calls == [["A-0"] * 3, ["A-1"] * 3, ["A-2"] * 3]


def test_a_row_that_is_rejected_without_a_reason_fails_the_job(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImportThings, "plan", lambda self, some, *, context: [Plan.reject("") for _row in some])
    batch = planned(merchant, "SKU,Name\nA-1,Tea\n")
    assert batch.job is not None
    assert (batch.job.state, "import_row_says_why" in batch.job.error) == ("failed", True)
    assert [row.action for row in rows(batch)] == [""]


def test_missing_columns_are_named_and_can_be_mapped_by_hand(merchant: Merchant) -> None:
    batch = upload(merchant, "Code,Title\nA-1,Tea\n")
    assert "SKU, Name" in batch.error
    assert "Code, Title" in batch.error
    with tenant_transaction(merchant.pk), pytest.raises(MissingColumnsError):
        start_plan(batch_id=batch.pk, actor=actor_at(merchant))
    assert now(batch).state == BatchState.UPLOADED
    with tenant_transaction(merchant.pk):
        mended = set_dialect(batch_id=batch.pk, actor=actor_at(merchant), changes={"columns": {"sku": 0, "name": 1}})
    assert mended.error == ""
    assert counts(step(start_plan, batch)) == (1, 0, 0, 0)


def test_another_encoding_reads_the_file_anew(merchant: Merchant) -> None:
    batch = planned(merchant, "SKU,Name\nA-1,caf\u00e9 cr\u00e8me\n".encode("cp1252"))
    assert batch.reading.encoding == "cp1252"
    with tenant_transaction(merchant.pk):
        set_dialect(batch_id=batch.pk, actor=actor_at(merchant), changes={"encoding": "cp1251"})
    again = step(start_plan, batch)
    assert [row.cells[1] for row in rows(again)] == ["caf\u0439 cr\u0438me"]
    assert again.row_count == 1


def test_the_order_of_dates_is_found_in_the_whole_column(merchant: Merchant) -> None:
    batch = planned(merchant, "SKU,Name,Opened on\nA-1,x,1/2/2026\nA-2,y,12/31/2026\n")
    assert batch.reading.found_date_order == "mdy"
    assert [row.changes["opened_on"][1] for row in rows(batch)] == ["2026-01-02", "2026-12-31"]


def test_only_one_of_many_applies(merchant: Merchant) -> None:
    batch = planned(merchant, FILE)
    assert _race(batch).count("done") == 1
    with tenant_transaction(merchant.pk):
        assert Job.objects.filter(kind="imports.apply").count() == 1


def test_control_without_the_condition_several_apply(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ours does not do: look at the state first and write it afterwards."""
    batch = planned(merchant, FILE)
    barrier = threading.Barrier(3)

    def unguarded(batch: ImportBatch, actor: object, kind: str, _condition: Q, state: BatchState, **_: object) -> None:
        assert batch.state == BatchState.PLANNED
        barrier.wait(timeout=10)
        job = batches.start_job(kind=kind, title="x", parameters={"import_id": str(batch.pk)})
        ImportBatch.objects.filter(pk=batch.pk).update(state=state, job=job)

    monkeypatch.setattr(batches, "_start", unguarded)
    assert _race(batch).count("done") == 3
    with tenant_transaction(merchant.pk):
        assert Job.objects.filter(kind="imports.apply").count() == 3


def _race(batch: ImportBatch) -> list[str]:
    results: list[str] = []

    def attempt() -> None:
        try:
            with tenant_transaction(batch.merchant_id):
                apply_batch(batch_id=batch.pk, actor=actor_at(Merchant(pk=batch.merchant_id)))
            results.append("done")
        except BatchStateError:
            results.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_killed_import_that_goes_on_leaves_the_same_as_an_undisturbed_one(
    merchant: Merchant, other_merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "SKU,Name,Price\n" + "".join(f"A-{number:05d},Tea {number},{number}.50\n" for number in range(6000))
    undisturbed = things_after(other_merchant, content)
    batch = upload(merchant, content)
    for service in (start_plan, apply_batch):
        with tenant_transaction(merchant.pk):
            batch = service(batch_id=batch.pk, actor=actor_at(merchant))
        for kill in range(2):
            _run_and_kill(batch, 0.15 + 0.2 * kill)
        run(batch)
    assert now(batch).applied_count == 6000
    assert things(merchant) == undisturbed


def things_after(merchant: Merchant, content: str) -> dict[str, tuple[str, list[str]]]:
    applied(merchant, content)
    return things(merchant)


def _run_and_kill(batch: ImportBatch, seconds: float) -> None:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(batch.merchant_id), str(batch.job_id)],
        env={**os.environ, "DATABASE_URL": urlunsplit(database)}, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    time.sleep(seconds)
    process.kill()
    process.wait()
    with tenant_transaction(batch.merchant_id):
        Job.objects.filter(pk=batch.job_id).update(leased_until=clock.now() - timedelta(seconds=1), stalls=0)


def test_an_import_that_was_stopped_can_go_on(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImportThings, "chunk_rows", 2)
    batch = planned(merchant, "SKU,Name\n" + "".join(f"A-{number},Tea\n" for number in range(6)))
    with tenant_transaction(merchant.pk):
        batch = apply_batch(batch_id=batch.pk, actor=actor_at(merchant))
    assert run(batch, seconds=0) is Ran.MORE
    with tenant_transaction(merchant.pk):
        cancel_batch(batch_id=batch.pk, actor=actor_at(merchant), at=clock.now())
    stopped = now(batch)
    assert (stopped.state, stopped.applied_count, stopped.not_done) == (BatchState.APPLIED, 2, 4)
    run(batch)
    assert len(things(merchant)) == 2
    whole = step(apply_batch, batch)
    assert (whole.applied_count, whole.not_done) == (6, 0)
    with tenant_transaction(merchant.pk), pytest.raises(BatchStateError):
        apply_batch(batch_id=batch.pk, actor=actor_at(merchant))


def test_a_cancelled_plan_writes_nothing(merchant: Merchant) -> None:
    batch = planned(merchant, FILE)
    with tenant_transaction(merchant.pk):
        cancel_batch(batch_id=batch.pk, actor=actor_at(merchant), at=clock.now())
        with pytest.raises(BatchStateError):
            apply_batch(batch_id=batch.pk, actor=actor_at(merchant))
        with pytest.raises(BatchStateError):
            undo_batch(batch_id=batch.pk, actor=actor_at(merchant))
    assert things(merchant) == {}


def test_without_the_demand_of_its_kind_an_import_is_not_there(merchant: Merchant) -> None:
    batch = planned(merchant, FILE)
    reader = actor_at(merchant, Capability.CATALOG_WRITE)
    with pytest.raises(UnknownImportKindError):
        upload(merchant, FILE, actor=reader)
    with tenant_transaction(merchant.pk), pytest.raises(NotFoundError):
        apply_batch(batch_id=batch.pk, actor=reader)
    assert now(batch).state == BatchState.PLANNED


def test_other_merchants_see_nothing(merchant: Merchant, other_merchant: Merchant) -> None:
    batch = planned(merchant, FILE)
    with tenant_transaction(other_merchant.pk):
        assert not ImportBatch.objects.exists()
        assert not ImportRow.objects.exists()
        with pytest.raises(NotFoundError):
            apply_batch(batch_id=batch.pk, actor=actor_at(other_merchant))


def test_a_chunk_costs_the_same_for_one_row_and_for_many(merchant: Merchant) -> None:
    few = _queries(merchant, 1)
    assert _queries(merchant, 300) == few


def _queries(merchant: Merchant, count: int) -> int:
    content = "SKU,Name\n" + "".join(f"{count}-{number},Tea\n" for number in range(count))
    with CaptureQueriesContext(connection) as captured:
        applied(merchant, content)
    return len(captured)


def test_a_file_is_staged_in_parts_that_fit_together(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "STAGED_AT_ONCE", 7)
    lines = [f'A-{number},"Tea\nof two lines {number}"\r\n' for number in range(100)]
    batch = planned(merchant, "\ufeffSKU,Name\r\n" + "".join(lines))
    assert (batch.row_count, batch.to_create) == (100, 100)
    assert [row.row_number for row in rows(batch)] == list(range(2, 102))
    assert rows(batch)[99].cells == ["A-99", "Tea\nof two lines 99"]
