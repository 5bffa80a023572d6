"""Imports in the API, and the files that people take away."""

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from o2o.imports import upkeep
from o2o.imports.downloads import as_csv, export_rows, rejected_lines
from o2o.imports.enums import BatchState
from o2o.imports.kinds import find_kind
from o2o.imports.limits import KEPT_FOR
from o2o.imports.models import ImportBatch
from o2o.imports.services.batches import apply_batch
from o2o.imports.services.chunks import context_of
from o2o.kit import clock
from o2o.kit.jobs.services import cancel_job
from o2o.kit.workbooks import as_workbook
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.api.conftest import make_token
from tests.o2o.imports.conftest import actor_at, applied, now, planned, rows, run

pytestmark = pytest.mark.usefixtures("committed_db")
FILE = b"SKU,Name,Price\nA-1,Green tea,1\n=cmd|x,@sum,-abc\n"


@pytest.fixture
def client(merchant: Merchant) -> Client:
    token = make_token(merchant, {"imports:read", "imports:write", "webhooks:write"})
    return Client(headers={"Authorization": f"Bearer {token}"})


def send(client: Client, content: bytes = FILE, key: str = "", kind: str = "test.things") -> Any:
    data = {"kind": kind, "file": SimpleUploadedFile("things.csv", content)}
    return client.post("/api/v1/imports", data, headers={"Idempotency-Key": key or uuid.uuid4().hex})


def post(client: Client, batch_id: str, act: str) -> Any:
    return client.post(f"/api/v1/imports/{batch_id}/{act}", headers={"Idempotency-Key": uuid.uuid4().hex})


def test_a_program_uploads_looks_applies_and_undoes(client: Client, merchant: Merchant) -> None:
    made = send(client)
    assert made.status_code == 201, made.content
    batch_id = made.json()["id"]
    batch = ImportBatch(pk=uuid.UUID(batch_id), merchant_id=merchant.pk)
    run(now(batch))
    assert client.get(f"/api/v1/imports/{batch_id}").json()["to_create"] == 1
    found = client.get(f"/api/v1/imports/{batch_id}/rows?action=reject").json()["results"]
    assert [row["row_number"] for row in found] == [3]
    assert post(client, batch_id, "apply").status_code == 202
    assert post(client, batch_id, "apply").status_code == 409
    run(now(batch))
    assert post(client, batch_id, "undo").status_code == 202
    run(now(batch))
    assert client.get(f"/api/v1/imports/{batch_id}").json()["undone_count"] == 1
    assert [kind["name"] for kind in client.get("/api/v1/import_kinds").json()][-1] == "test.things"


def test_an_upload_that_is_repeated_is_one_import(client: Client, merchant: Merchant) -> None:
    first, again = send(client, key="same"), send(client, key="same")
    assert first.json()["id"] == again.json()["id"]
    assert send(client, content=b"SKU,Name\nB,x\n", key="same").status_code == 422
    with tenant_transaction(merchant.pk):
        assert ImportBatch.objects.count() == 1


def test_without_the_demand_an_import_is_not_there(client: Client, merchant: Merchant) -> None:
    batch_id = send(client).json()["id"]
    other = Client(headers={"Authorization": f"Bearer {make_token(merchant, {'imports:read', 'imports:write'})}"})
    assert other.get(f"/api/v1/imports/{batch_id}").status_code == 404
    assert other.get(f"/api/v1/imports/{batch_id}/rows").status_code == 404
    assert post(other, batch_id, "apply").status_code == 404
    assert send(other).status_code == 422
    assert batch_id not in other.get("/api/v1/imports").content.decode()


def test_every_file_that_people_get_is_inert_and_reads_back(merchant: Merchant) -> None:
    batch = applied(merchant, FILE + b"=1+1,+2,3\n")
    back = list(csv.reader(io.StringIO("".join(rejected_lines(batch)).removeprefix("\ufeff"))))
    assert back[0] == ["SKU", "Name", "Price", "row", "reason"]
    assert back[1][:4] == ["'=cmd|x", "'@sum", "'-abc", "3"]
    with tenant_transaction(merchant.pk):
        context = context_of(batch, at=clock.now())
    kind = find_kind("test.things")
    text = "".join(as_csv(export_rows(kind, context)))
    assert "'=1+1,'+2" in text
    with as_workbook(export_rows(kind, context)) as file:
        sheet = openpyxl.load_workbook(file).active
        content = file.seek(0) or file.read()
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    assert planned(merchant, text).to_leave == 2
    assert planned(merchant, content, "things.xlsx").to_leave == 2
    mended = planned(merchant, "".join(rejected_lines(batch)).replace("'-abc", "5"))
    assert (mended.to_create, mended.to_reject) == (1, 0)


def test_an_import_whose_job_was_cancelled_comes_to_rest(merchant: Merchant) -> None:
    batch = planned(merchant, FILE)
    with tenant_transaction(merchant.pk):
        batch = apply_batch(batch_id=batch.pk, actor=actor_at(merchant))
        cancel_job(job_id=batch.job_id, at=clock.now())
    assert upkeep.settle_stopped(at=clock.now()) == 1
    assert now(batch).state == BatchState.APPLIED
    assert now(batch).not_done == 1


def test_files_and_rows_go_and_the_import_stays(merchant: Merchant) -> None:
    batch = applied(merchant, FILE)
    assert upkeep.purge(at=clock.now()) == 0
    assert len(rows(batch)) == 2
    assert upkeep.purge(at=clock.now() + KEPT_FOR + timedelta(days=1)) == 1
    assert rows(batch) == []
    assert now(batch).applied_count == 1
