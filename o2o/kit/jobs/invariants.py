"""What must always hold for jobs."""

from django.utils.translation import gettext_lazy as _

from o2o.kit.invariants import invariant


@invariant("jobs.taken_up_in_time", _("No job waits for a worker that died for longer than five minutes"))
def taken_up_in_time() -> str:
    """Return the query for running jobs whose lease ended long ago."""
    return """
        SELECT id, merchant_id, kind, state FROM jobs_job
        WHERE state IN ('running', 'cancelling')
          AND coalesce(leased_until, updated_at) < clock_timestamp() - interval '5 minutes'"""


@invariant("jobs.finished_jobs_say_when", _("A finished job has an end, and no other has one"))
def finished_jobs_say_when() -> str:
    """Return the query for jobs whose state and end contradict each other."""
    return """
        SELECT id, merchant_id, kind, state, finished_at FROM jobs_job
        WHERE (state IN ('cancelled', 'succeeded', 'failed')) <> (finished_at IS NOT NULL)"""
