"""Jobs go on where they were, are run by one worker at a time, and stop when they are told to."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from o2o.events.models import OutboxEvent
from o2o.kit import clock
from o2o.kit.jobs import Batch, JobKind, job_kind, running, services
from o2o.kit.jobs.enums import JobState
from o2o.kit.jobs.kinds import DuplicateKindError, UnknownKindError
from o2o.kit.jobs.models import Job, JobError
from o2o.kit.jobs.running import Ran, jobs_to_run, run_job
from o2o.kit.jobs.selectors import error_lines, progress_of
from o2o.kit.jobs.services import JobStateError, cancel_job, pause_job, resume_job, retry_job, start_job
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from tests.o2o.kit.jobs.sample import CountUp

RUN = "import django; django.setup(); from tests.o2o.kit.jobs.sample import main; main()"
pytestmark = pytest.mark.usefixtures("committed_db", "counting")


@pytest.fixture
def counting() -> None:
    job_kind("test.count_up", label="Counting")(CountUp)


def start(merchant: Merchant, **parameters: Any) -> Job:
    with tenant_transaction(merchant.pk):
        return start_job(kind="test.count_up", title="Count", parameters={"until": 250, **parameters})


def run(job: Job, seconds: float = 20.0) -> Ran:
    return run_job(merchant_id=job.merchant_id, job_id=job.pk, seconds=seconds)


def now(job: Job) -> Job:
    with tenant_transaction(job.merchant_id):
        return Job.objects.get(pk=job.pk)


def told(merchant: Merchant) -> list[int]:
    with tenant_transaction(merchant.pk):
        return list(OutboxEvent.objects.order_by("position").values_list("payload__number", flat=True))


EXPECTED = [number for number in range(250) if number % 100 != 99]


def test_job_runs_to_its_end(merchant: Merchant) -> None:
    job = start(merchant)
    assert run(job) is Ran.OVER
    job = now(job)
    assert (job.state, job.total, job.done, job.failed, job.result) == (JobState.SUCCEEDED, 250, 248, 2, {"last": 250})
    assert None not in (job.started_at, job.finished_at)
    assert job.lease is None
    assert told(merchant) == EXPECTED
    assert run(job) is Ran.BUSY
    assert progress_of(job).share == 1


def test_job_goes_on_in_the_next_run(merchant: Merchant) -> None:
    job = start(merchant)
    runs = 0
    while run(job, seconds=0) is Ran.MORE:
        runs += 1
        assert now(job).done + now(job).failed == runs * 10
    assert runs == 24
    assert told(merchant) == EXPECTED


def test_killed_job_that_runs_again_leaves_the_same_as_an_undisturbed_one(merchant: Merchant) -> None:
    """R20 in short form: five kills with -9 at moments that differ."""
    job = start(merchant, pause=0.02)
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    for kill in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(merchant.pk), str(job.pk)],
            env={**os.environ, "DATABASE_URL": urlunsplit(database)}, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.1 + 0.03 * kill)
        process.kill()
        process.wait()
        _let_the_lease_expire(job)
        # a kill that hit before the first batch of a run would count as a stall
        _forget_stalls(job)
    assert 0 < now(job).done < 248, "it was to be killed in the middle"
    assert run(job) is Ran.OVER
    assert told(merchant) == EXPECTED
    assert now(job).state == JobState.SUCCEEDED


def test_control_cursor_that_is_not_part_of_the_batch_does_rows_twice(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ours does not do: write the progress after the batch's own commit."""
    job = start(merchant)
    kind = CountUp()
    with tenant_transaction(merchant.pk):
        kind.batch(parameters=job.parameters, cursor=None, at=clock.now())
    # and here the worker dies
    run(job)
    assert len(told(merchant)) == len(EXPECTED) + 10


def test_only_one_worker_runs_a_job(merchant: Merchant) -> None:
    job = start(merchant)
    assert running._take(merchant.pk, job.pk, uuid.uuid4())
    assert run(job) is Ran.BUSY
    assert jobs_to_run(at=clock.now()) == []
    _let_the_lease_expire(job)
    assert [found for _kind, _merchant, found in jobs_to_run(at=clock.now())] == [job.pk]
    assert run(job) is Ran.OVER


def test_worker_that_lost_its_lease_leaves_nothing_behind(merchant: Merchant) -> None:
    job = start(merchant)
    slow = running._take(merchant.pk, job.pk, uuid.uuid4())
    assert slow
    _let_the_lease_expire(job)
    assert run(job) is Ran.OVER
    with pytest.raises(running._LostLeaseError):
        running.retried(lambda: running._one_batch(slow, CountUp()))
    assert told(merchant) == EXPECTED


def test_sweepers_window_is_within_a_minute() -> None:
    from django.conf import settings

    sweep = settings.CELERY_BEAT_SCHEDULE["jobs-sweep"]["schedule"]
    assert timedelta(seconds=JobKind.lease_seconds) + sweep <= timedelta(seconds=60)


def _during_a_batch(act: Callable[[uuid.UUID], object]) -> None:
    """Register a kind that lets somebody act while its second batch is under way, from another connection."""

    @job_kind("test.disturbed", label="Disturbed")
    class Disturbed(JobKind):
        def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
            number = cursor["number"] if cursor else 0
            if number == 1:
                _in_another_connection(act)
            return Batch({"number": number + 1} if number < 5 else None, done=1)


def _in_another_connection(act: Callable[[uuid.UUID], object]) -> None:
    import threading

    def work() -> None:
        with platform_transaction():
            job = Job.objects.get()
        with tenant_transaction(job.merchant_id):
            act(job.pk)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "whoever pauses must not wait for the batch"


def _disturbed(merchant: Merchant) -> Job:
    with tenant_transaction(merchant.pk):
        return start_job(kind="test.disturbed", title="Disturbed")


def test_pause_stops_after_the_batch_and_resume_goes_on(merchant: Merchant) -> None:
    _during_a_batch(lambda job_id: pause_job(job_id=job_id))
    job = _disturbed(merchant)
    assert run(job) is Ran.OVER
    assert (now(job).state, now(job).done, now(job).cursor) == (JobState.PAUSED, 2, {"number": 2})
    assert run(job) is Ran.BUSY
    with tenant_transaction(merchant.pk):
        resume_job(job_id=job.pk)
    assert run(job) is Ran.OVER
    assert (now(job).state, now(job).done) == (JobState.SUCCEEDED, 6)


def test_pause_and_resume_during_a_batch_changes_nothing(merchant: Merchant) -> None:
    _during_a_batch(lambda job_id: (pause_job(job_id=job_id), resume_job(job_id=job_id)))
    job = _disturbed(merchant)
    assert run(job) is Ran.OVER
    assert (now(job).state, now(job).done) == (JobState.SUCCEEDED, 6)


def test_cancel_stops_after_the_batch_for_good(merchant: Merchant) -> None:
    _during_a_batch(lambda job_id: cancel_job(job_id=job_id, at=clock.now()))
    job = _disturbed(merchant)
    assert run(job) is Ran.OVER
    assert (now(job).state, now(job).done) == (JobState.CANCELLED, 2)
    with tenant_transaction(merchant.pk):
        for act in (pause_job, resume_job, retry_job):
            with pytest.raises(JobStateError):
                act(job_id=job.pk)
        with pytest.raises(JobStateError):
            cancel_job(job_id=job.pk, at=clock.now())
    assert now(job).state == JobState.CANCELLED


def test_cancel_of_a_waiting_job_needs_no_worker(merchant: Merchant) -> None:
    job = start(merchant)
    with tenant_transaction(merchant.pk):
        assert cancel_job(job_id=job.pk, at=clock.now()).state == JobState.CANCELLED
    assert run(job) is Ran.BUSY


def test_cancelled_job_of_a_dead_worker_is_settled_by_the_next(merchant: Merchant) -> None:
    job = start(merchant)
    running._take(merchant.pk, job.pk, uuid.uuid4())
    with tenant_transaction(merchant.pk):
        assert cancel_job(job_id=job.pk, at=clock.now()).state == JobState.CANCELLING
    _let_the_lease_expire(job)
    assert jobs_to_run(at=clock.now())
    assert run(job) is Ran.BUSY
    assert now(job).state == JobState.CANCELLED


def test_failed_job_says_why_and_can_be_tried_again(merchant: Merchant) -> None:
    broken = True

    @job_kind("test.broken", label="Broken")
    class Broken(JobKind):
        def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
            if cursor and broken:
                raise ValueError("the second batch")
            return Batch(None if cursor else {"n": 1}, done=1)

    with tenant_transaction(merchant.pk):
        job = start_job(kind="test.broken", title="Broken")
    run(job)
    assert (now(job).state, now(job).error, now(job).done) == (JobState.FAILED, "ValueError: the second batch", 1)
    broken = False
    with tenant_transaction(merchant.pk):
        retry_job(job_id=job.pk)
    run(job)
    assert (now(job).state, now(job).error, now(job).done) == (JobState.SUCCEEDED, "", 2)


def test_job_that_kills_its_worker_is_run_three_times_at_most(merchant: Merchant) -> None:
    job = start(merchant)
    for _ in range(3):
        assert running._take(merchant.pk, job.pk, uuid.uuid4())
        _let_the_lease_expire(job)
    assert running._take(merchant.pk, job.pk, uuid.uuid4()) is None
    assert now(job).state == JobState.FAILED
    assert "3 times" in now(job).error


def test_error_rows_are_a_file_without_formulas(merchant: Merchant) -> None:
    job = start(merchant)
    run(job)
    with tenant_transaction(merchant.pk):
        assert JobError.objects.count() == 2
        lines = list(error_lines(now(job)))
    assert lines == [
        "\ufeffrow,key,message,n,number\r\n",
        "100,99,'=cannot be done,'-1,99\r\n",
        "200,199,'=cannot be done,'-1,199\r\n",
    ]


def test_progress(merchant: Merchant) -> None:
    job = Job(total=200, done=40, failed=10, worked_seconds=25)
    progress = progress_of(job)
    assert (progress.share, progress.rate, progress.seconds_left) == (0.25, 2.0, 75.0)
    assert progress_of(Job()).share is None


def test_kinds_are_known_by_name(merchant: Merchant) -> None:
    with pytest.raises(DuplicateKindError):
        job_kind("test.count_up", label="Again")(CountUp)
    with tenant_transaction(merchant.pk), pytest.raises(UnknownKindError):
        start_job(kind="test.never", title="Never")


def test_bell_of_a_job_names_its_queue(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(services.bell, "ring", lambda task, **options: rung.append((task, options)))
    job = start(merchant)
    assert rung == [("jobs.run", {"queue": "batch", "merchant_id": str(merchant.pk), "job_id": str(job.pk)})]


def _let_the_lease_expire(job: Job) -> None:
    with platform_transaction():
        Job.objects.filter(pk=job.pk).exclude(lease=None).update(leased_until=clock.now() - timedelta(seconds=1))


def _forget_stalls(job: Job) -> None:
    with platform_transaction():
        Job.objects.filter(pk=job.pk).update(stalls=0)
