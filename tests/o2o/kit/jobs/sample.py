"""A kind of job that leaves a trace of every row in the database."""

import sys
import time
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from o2o.events import emit
from o2o.kit.jobs import Batch, JobKind, RowError
from tests.o2o.events.sample import Counted

ROWS_A_BATCH = 10


class CountUp(JobKind):
    """Emit the numbers from 0 to ``until``; every hundredth cannot be done."""

    name = "test.count_up"
    label = "Counting"

    def total(self, *, parameters: Mapping[str, Any]) -> int | None:
        return int(parameters["until"])

    def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
        first = cursor["next"] if cursor else 0
        last = min(first + ROWS_A_BATCH, parameters["until"])
        errors = []
        for number in range(first, last):
            if number % 100 == 99:
                errors.append(
                    RowError(number + 1, "=cannot be done", key=str(number), raw={"number": number, "n": "-1"})
                )
            else:
                emit(Counted(aggregate_id=uuid.uuid5(uuid.NAMESPACE_OID, str(number)), number=number))
        time.sleep(parameters.get("pause", 0))
        following = {"next": last} if last < parameters["until"] else None
        return Batch(following, done=last - first - len(errors), errors=errors, result={"last": last})


def main() -> None:
    """Run a job in a process of its own, to be killed; the arguments are merchant and job."""
    from o2o.kit.jobs.kinds import job_kind
    from o2o.kit.jobs.running import run_job

    job_kind("test.count_up", label="Counting")(CountUp)
    print("ready", flush=True)
    run_job(merchant_id=uuid.UUID(sys.argv[1]), job_id=uuid.UUID(sys.argv[2]), seconds=60)
