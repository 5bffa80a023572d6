"""How many jobs there are in which state."""

from collections.abc import Mapping

from django.db.models import Count

from o2o.kit.jobs.enums import ACTIVE, JobState
from o2o.kit.jobs.models import Job
from o2o.kit.metrics import gauge


@gauge("o2o_jobs", "Jobs that are not over, and failed ones, by state.", labels=("state",))
def jobs() -> Mapping[tuple[str, ...], float]:
    """Return how many, by state; states without a job are 0."""
    shown = (*ACTIVE, JobState.PAUSED, JobState.FAILED)
    rows = dict(Job.objects.filter(state__in=shown).values_list("state").annotate(rows=Count("pk")))
    return {(state.value,): float(rows.get(state.value, 0)) for state in shown}
