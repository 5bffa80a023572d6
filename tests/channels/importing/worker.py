"""Run a job in a process of its own, so that its memory can be told: ``python -m tests.channels.importing.worker``."""

import json
import logging
import os
import resource
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit


def run_apart(importer, batch_id, service):
    """Start a job, let a process of its own run it, and return its seconds and its memory in MB.

    ``python`` and ``postgres`` are the seconds that a processor worked for it: on a machine that others use they tell
    more than those of the clock. The second is None where the server is elsewhere.
    """
    from django.db import connection

    with importer.scope():
        job_id = service(batch_id=batch_id, actor=importer.owner).job_id
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    answer = subprocess.run(
        [sys.executable, "-m", "tests.channels.importing.worker", str(importer.merchant.pk), str(job_id)],
        env={**os.environ, "DATABASE_URL": urlunsplit(address)}, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return json.loads(answer.stdout)


def main():
    """Run the job that the arguments name, as a worker would; print what it took."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "o2o.settings.testing")
    import django

    django.setup()
    logging.disable(logging.WARNING)
    from django.db import connection

    from o2o.celery import spare_the_program
    from o2o.kit.jobs.running import Ran, run_job

    spare_the_program()
    merchant_id, job_id = map(uuid.UUID, sys.argv[1:])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = cursor.fetchone()[0]
    before, started, worked, served = memory(), time.monotonic(), time.process_time(), processor(server)
    while run_job(merchant_id=merchant_id, job_id=job_id, seconds=600) is Ran.MORE:
        pass
    figures = {"seconds": time.monotonic() - started, "before": before, "peak": memory()}
    figures["python"] = time.process_time() - worked
    figures["postgres"] = None if served is None else processor(server) - served
    print(json.dumps(figures))


def processor(pid):
    """Return for how many seconds a processor has worked for a process of this machine, None where it is not here."""
    times = Path(f"/proc/{pid}/schedstat")
    return int(times.read_text().split()[0]) / 1e9 if times.exists() else None


def memory():
    """Return the most memory that this process has held, in MB; ``getrusage`` would count its parent's before exec."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
