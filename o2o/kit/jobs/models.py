"""Jobs and the rows that they could not do."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from o2o.kit.jobs.enums import ACTIVE, JobState
from o2o.tenancy.models import TenantModel


class Job(TenantModel):
    """A piece of long work, done in batches.

    ``cursor`` says where the next batch begins and changes in the same transaction as the batch's effects, so that no
    batch is done twice or left out, whatever happens to the worker. Whoever runs the job holds its lease; a lease
    that is not renewed ends by itself. ``stalls`` counts the runs since the last finished batch.
    """

    kind = models.CharField(_("kind"), max_length=80, editable=False)
    title = models.CharField(_("title"), max_length=200)
    state = models.CharField(_("state"), max_length=12, choices=JobState.choices, default=JobState.QUEUED)
    parameters = models.JSONField(_("parameters"), default=dict)
    cursor = models.JSONField(_("resume point"), null=True, blank=True, editable=False)
    total = models.PositiveBigIntegerField(_("rows in all"), null=True, blank=True)
    done = models.PositiveBigIntegerField(_("rows done"), default=0)
    failed = models.PositiveBigIntegerField(_("rows with errors"), default=0)
    result = models.JSONField(_("result"), default=dict, blank=True)
    error = models.TextField(_("error"), blank=True)
    actor_kind = models.CharField(max_length=10, blank=True, editable=False)
    actor_id = models.UUIDField(null=True, editable=False)
    actor_label = models.CharField(_("started by"), max_length=200, blank=True, editable=False)
    request_id = models.CharField(max_length=64, blank=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    worked_seconds = models.FloatField(_("seconds of work"), default=0)
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(_("heartbeat until"), null=True, editable=False)
    stalls = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = (models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="job_known_state"),)
        indexes = (
            # serves: the list of a merchant's jobs
            models.Index(fields=("merchant", "id"), name="job_list"),
            # serves: the sweeper
            models.Index(fields=("leased_until",), name="job_active", condition=models.Q(state__in=ACTIVE)),
        )

    def __str__(self) -> str:
        return self.title


class JobError(TenantModel):
    """A row that a job could not do, and why."""

    updated_at = None  # type: ignore[assignment]
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="errors", verbose_name=_("job"))
    row_number = models.PositiveBigIntegerField(_("row"))
    key = models.CharField(_("key"), max_length=200, blank=True)
    message = models.TextField(_("message"))
    raw = models.JSONField(_("content"), default=dict)

    class Meta:
        verbose_name = _("row with an error")
        verbose_name_plural = _("rows with errors")
        # serves: the errors of a job, in the order of its rows
        indexes = (models.Index(fields=("job", "row_number"), name="job_error_list"),)

    def __str__(self) -> str:
        return f"{self.row_number}: {self.message}"
