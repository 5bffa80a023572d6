"""Long work that can be watched, paused, resumed and cancelled.

A kind of job is a class with ``@job_kind`` in an app's ``jobs.py``; ``start_job`` of ``o2o.kit.jobs.services`` starts
one. ``docs/events.md`` tells how it survives whatever happens to a worker.
"""

from o2o.kit.jobs.kinds import Batch, JobKind, RowError, job_kind

__all__ = ["Batch", "JobKind", "RowError", "job_kind"]
