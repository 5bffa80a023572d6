"""Jobs in the API."""

import uuid
from typing import Any

import pytest
from django.test import Client

from o2o.kit.jobs import job_kind
from o2o.kit.jobs.enums import JobState
from o2o.kit.jobs.models import Job, JobError
from o2o.kit.jobs.services import start_job
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.api.conftest import make_token
from tests.o2o.kit.jobs.sample import CountUp

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(merchant: Merchant) -> Job:
    job_kind("test.count_up", label="Counting")(CountUp)
    with tenant_transaction(merchant.pk):
        return start_job(kind="test.count_up", title="Count", parameters={"until": 10})


def client_of(merchant: Merchant, *scopes: Capability) -> Client:
    return Client(headers={"authorization": f"Bearer {make_token(merchant, scopes)}"})


def post(client: Client, job: Job, act: str) -> Any:
    path = f"/api/v1/jobs/{job.pk}/{act}"
    return client.post(path, "", content_type="application/json", headers={"idempotency-key": str(uuid.uuid4())})


def test_jobs_are_listed_paused_resumed_and_cancelled(merchant: Merchant, job: Job) -> None:
    client = client_of(merchant, Capability.JOBS_READ, Capability.JOBS_WRITE)
    (found,) = client.get("/api/v1/jobs", {"state": "queued"}).json()["results"]
    assert (found["id"], found["title"], found["progress"]["share"]) == (str(job.pk), "Count", None)
    for act, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        answer = post(client, job, act)
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    refused = post(client, job, "resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "job_state")
    assert client.get(f"/api/v1/jobs/{job.pk}").json()["state"] == "cancelled"


def test_jobs_of_others_do_not_exist_and_reading_is_not_writing(
    merchant: Merchant, other_merchant: Merchant, job: Job
) -> None:
    stranger = client_of(other_merchant, Capability.JOBS_READ, Capability.JOBS_WRITE)
    assert stranger.get("/api/v1/jobs").json()["results"] == []
    for act in ("pause", "cancel", "retry"):
        assert post(stranger, job, act).status_code == 404
    assert post(client_of(merchant, Capability.JOBS_READ), job, "cancel").status_code == 403
    with tenant_transaction(merchant.pk):
        assert Job.objects.get().state == JobState.QUEUED


def test_errors_are_listed_and_downloaded(merchant: Merchant, job: Job) -> None:
    with tenant_transaction(merchant.pk):
        JobError.objects.create(job=job, row_number=7, key="k", message="@bad", raw={"name": "=1+1"})
    client = client_of(merchant, Capability.JOBS_READ)
    (error,) = client.get(f"/api/v1/jobs/{job.pk}/errors").json()["results"]
    assert (error["row_number"], error["raw"]) == (7, {"name": "=1+1"})
    file = client.get(f"/api/v1/jobs/{job.pk}/errors.csv", headers={"accept": "text/csv"})
    assert file.status_code == 200, file.content
    assert file.headers["content-type"].startswith("text/csv")
    assert file.content.decode("utf-8-sig") == "row,key,message,name\r\n7,k,'@bad,'=1+1\r\n"
