"""States of jobs."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    """How far a job has come."""

    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    CANCELLING = "cancelling", _("being cancelled")
    CANCELLED = "cancelled", _("cancelled")
    SUCCEEDED = "succeeded", _("finished")
    FAILED = "failed", _("failed")


#: A worker should have these, or take them up.
ACTIVE = (JobState.QUEUED, JobState.RUNNING, JobState.CANCELLING)
#: Nothing happens to these any more, except that a failed one may be tried again.
FINISHED = (JobState.CANCELLED, JobState.SUCCEEDED, JobState.FAILED)
