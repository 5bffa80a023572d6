"""Reads about jobs."""

from collections.abc import Iterator
from dataclasses import dataclass

from o2o.kit.jobs.models import Job, JobError
from o2o.kit.spreadsheets import csv_line


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has come: share from 0 to 1, rows per second of work, seconds of work that are left."""

    share: float | None
    rate: float | None
    seconds_left: float | None


def progress_of(job: Job) -> Progress:
    """Say how far a job has come. What nobody can know (no total, nothing done yet) is None."""
    handled = job.done + job.failed
    rate = handled / job.worked_seconds if handled and job.worked_seconds else None
    if not job.total:
        return Progress(None, rate, None)
    left = max(job.total - handled, 0)
    return Progress(min(handled / job.total, 1.0), rate, left / rate if rate else None)


def error_lines(job: Job) -> Iterator[str]:
    """Yield a CSV file of the rows with errors, line by line, with the fields of the source as columns."""
    errors = JobError.objects.filter(job=job).order_by("row_number")
    first = errors.first()
    columns = sorted(first.raw) if first else []
    yield "\ufeff" + csv_line(["row", "key", "message", *columns])
    for error in errors.iterator(chunk_size=1000):
        yield csv_line([error.row_number, error.key, error.message, *(error.raw.get(name, "") for name in columns)])
