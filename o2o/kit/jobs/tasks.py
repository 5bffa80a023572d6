"""The workers' side of jobs."""

import uuid
from typing import Any

from celery import shared_task

from o2o.kit import bell, clock
from o2o.kit.jobs.kinds import UnknownKindError
from o2o.kit.jobs.running import Ran, jobs_to_run, run_job
from o2o.kit.jobs.services import ring
from o2o.tenancy.tasks import TenantTask

BATCH = 200


@shared_task(name="jobs.run", base=TenantTask, in_transaction=False, bind=True, queue="batch")
def run(self: Any, *, merchant_id: uuid.UUID, job_id: str) -> None:
    """Run a job for a while; where there is more to do, let others have a turn and come back."""
    bell.answered("jobs.run", merchant_id=str(merchant_id), job_id=job_id)
    if run_job(merchant_id=merchant_id, job_id=uuid.UUID(job_id)) is Ran.MORE:
        queue = (self.request.delivery_info or {}).get("routing_key") or "batch"
        bell.ring("jobs.run", queue=queue, merchant_id=str(merchant_id), job_id=job_id)


@shared_task(name="jobs.sweep", queue="critical")
def sweep() -> None:
    """Ring for every job that nobody runs: it is new, its bell was lost, or its worker died."""
    for kind, merchant_id, job_id in jobs_to_run(at=clock.now(), limit=BATCH):
        try:
            ring(kind, merchant_id, job_id)
        except UnknownKindError:
            # Its code is gone or not yet here; whoever runs it will say so in the job.
            bell.ring("jobs.run", queue="batch", merchant_id=str(merchant_id), job_id=str(job_id))
