"""Jobs on screen: how far they are, what went wrong, and the buttons that pause, resume and cancel them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from o2o.console import (
    Act,
    CardLine,
    EmptyState,
    Fact,
    HomeCard,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Page,
    Panel,
    PlatformModelAdmin,
    home_card,
    page,
    platform_site,
    site,
)
from o2o.console.components import Table, pretty_json, state_badge
from o2o.console.export import inert
from o2o.console.policy import OPERATORS
from o2o.kit.clock import now
from o2o.kit.jobs import services
from o2o.kit.jobs.enums import ACTIVE, FINISHED, JobState
from o2o.kit.jobs.kinds import label_of
from o2o.kit.jobs.models import Job, JobError
from o2o.kit.jobs.selectors import error_lines, progress_of
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.scope import tenant_transaction

SHOWN_ERRORS = 20
SHOWN_ON_HOME = 5


def progress_context(job: Job, *, may_steer: bool) -> dict[str, Any]:
    """Return what the progress component shows; it asks again by itself while somebody works on the job."""
    steps = {
        "pause": job.state in (JobState.QUEUED, JobState.RUNNING),
        "resume": job.state == JobState.PAUSED,
        "retry": job.state == JobState.FAILED,
        "cancel": job.state not in (*FINISHED, JobState.CANCELLING),
    }
    labels = {"pause": _("Pause"), "resume": _("Resume"), "retry": _("Try again"), "cancel": _("Cancel")}
    buttons = [
        (name, labels[name], reverse("console:jobs_job_act", args=(job.pk, name)))
        for name, fits in steps.items()
        if fits and may_steer
    ]
    return {
        "job": job,
        "handled": job.done + job.failed,
        "progress": progress_of(job),
        "state": state_badge(job),
        "is_active": job.state in ACTIVE,
        "buttons": buttons,
        "progress_url": reverse("console:job_progress", args=(job.pk,)),
    }


@page
class JobProgress(Page):
    """The progress of one job, as a part of a page that refreshes itself."""

    name = "job_progress"
    path = "jobs/<uuid:job_id>/progress/"
    title = _("Progress")
    is_part = True
    policy = Capability.JOBS_READ

    def get(self) -> HttpResponse:
        job = site._registry[Job].get_object(self.request, str(self.kwargs["job_id"]))
        context = progress_context(job, may_steer=self.actor.may(Capability.JOBS_WRITE))
        return TemplateResponse(self.request, "console/components/job_progress.html", context)


@page
class JobErrors(Page):
    """The rows that a job could not do, as a file to mend and import again."""

    name = "job_errors"
    path = "jobs/<uuid:job_id>/errors.csv"
    title = _("Rows with errors")
    is_part = True
    policy = Capability.JOBS_READ

    def get(self) -> HttpResponse:
        job: Any = site._registry[Job].get_object(self.request, str(self.kwargs["job_id"]))
        response = StreamingHttpResponse(self._lines(job), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="errors-{job.pk}.csv"'
        return response  # type: ignore[return-value]

    def _lines(self, job: Job) -> Any:
        # The answer leaves after the request's transaction has ended.
        with tenant_transaction(job.merchant_id):
            lines = list(error_lines(job))
        yield from lines


def _steer(request: HttpRequest, job: Job, *, to: str) -> Job:
    if to == "cancel":
        return services.cancel_job(job_id=job.pk, at=now())
    return {"pause": services.pause_job, "resume": services.resume_job, "retry": services.retry_job}[to](job_id=job.pk)


@admin.register(Job, site=site)
class JobAdmin(MerchantModelAdmin):
    """Imports, issue runs and other long work."""

    slug = "jobs"
    nav = Nav(NavGroup.TODAY, "pending_actions", 20)
    policy = {"view": Capability.JOBS_READ}
    intro = _("Imports, issue runs and other long work. It goes on by itself when a computer fails, where it stopped.")
    list_display = ("title", "kind_label", "state_badge", "how_far", "failed", "actor_label", "created_at")
    list_filter = ("state", "kind")
    search_fields = ("title",)
    sortable_by = ("created_at",)
    export_columns = ("title", "kind", "state", "total", "done", "failed", "actor_label", "created_at", "finished_at")
    empty = EmptyState(
        title=_("No long work yet"),
        text=_(
            "Imports, coupon issues and analyses appear here with their progress; you can leave the page meanwhile."
        ),
        icon="pending_actions",
    )
    acts = (
        Act(
            name="pause",
            label=_("pause"),
            demand=Capability.JOBS_WRITE,
            explain=_("The job stops after the batch that it is doing. Nothing is lost; resume it whenever you like."),
            apply=lambda request, job: _steer(request, job, to="pause"),
            fits=lambda job: job.state in (JobState.QUEUED, JobState.RUNNING),
            icon="pause",
        ),
        Act(
            name="resume",
            label=_("resume"),
            demand=Capability.JOBS_WRITE,
            explain=_("The job goes on where it was paused."),
            apply=lambda request, job: _steer(request, job, to="resume"),
            fits=lambda job: job.state == JobState.PAUSED,
            icon="play_arrow",
        ),
        Act(
            name="retry",
            label=_("try again"),
            demand=Capability.JOBS_WRITE,
            explain=_("The job goes on from the batch that failed; what was done before is not done twice."),
            apply=lambda request, job: _steer(request, job, to="retry"),
            fits=lambda job: job.state == JobState.FAILED,
            icon="replay",
        ),
        Act(
            name="cancel",
            label=_("cancel"),
            demand=Capability.JOBS_WRITE,
            explain=_("The job ends for good, after the batch that it may be doing. What it has done stays done."),
            apply=lambda request, job: _steer(request, job, to="cancel"),
            fits=lambda job: job.state not in (*FINISHED, JobState.CANCELLING),
            icon="cancel",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("kind"))
    def kind_label(self, job: Job) -> str:
        return label_of(job.kind)

    @admin.display(description=_("state"))
    def state_badge(self, job: Job) -> SafeString:
        return state_badge(job)

    @admin.display(description=_("progress"))
    def how_far(self, job: Job) -> str:
        handled = job.done + job.failed
        share = progress_of(job).share
        return f"{handled} / {job.total} ({share:.0%})" if share is not None else str(handled)

    def panels(self, request: HttpRequest, row: Job) -> Sequence[Panel]:
        may_steer = request.actor.may(Capability.JOBS_WRITE)  # type: ignore[attr-defined]
        errors = list(JobError.objects.filter(job=row).order_by("row_number")[:SHOWN_ERRORS])
        panels = [
            Panel(
                _("Progress"),
                template="console/components/job_progress.html",
                context=progress_context(row, may_steer=may_steer),
            ),
            Panel(
                _("Job"),
                facts=[
                    Fact(_("Kind"), label_of(row.kind)),
                    Fact(_("Started by"), row.actor_label or _("the system")),
                    Fact(_("Created"), row.created_at),
                    Fact(_("Started at"), row.started_at),
                    Fact(_("Finished at"), row.finished_at),
                    Fact(_("Seconds of work"), f"{row.worked_seconds:.1f}"),
                ],
            ),
            Panel(_("Parameters"), code=pretty_json(row.parameters)),
        ]
        if row.result:
            panels.append(Panel(_("Result"), code=pretty_json(row.result)))
        if row.error:
            panels.append(Panel(_("Error"), code=row.error))
        if errors:
            panels.append(_errors_panel(row, errors))
        return panels

    def _row_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        # The buttons stand in the progress component, where they change with the state.
        return {**super()._row_context(request, row), "row_acts": []}


def _errors_panel(job: Job, errors: Sequence[JobError]) -> Panel:
    url = reverse("console:job_errors", args=(job.pk,))
    table = Table(
        headers=(_("Row"), _("Key"), _("Message"), _("Content")),
        rows=[
            (error.row_number, error.key, error.message, ", ".join(f"{k}={inert(v)}" for k, v in error.raw.items()))
            for error in errors
        ],
    )
    note = format_html(
        '{} <a href="{}">{}</a>', gettext("The first ones."), url, gettext("All rows with errors as a file")
    )
    return Panel(_("Rows with errors"), table=table, note=note)


@home_card(Capability.JOBS_READ, order=30)
def failed_jobs(request: HttpRequest) -> HomeCard | None:
    """Jobs that failed and were not tried again."""
    return _card(JobState.FAILED, _("Long work that failed"), "danger")


@home_card(Capability.JOBS_READ, order=80)
def running_jobs(request: HttpRequest) -> HomeCard | None:
    """Jobs that are running now."""
    return _card(JobState.RUNNING, _("Long work under way"), "info")


def _card(state: JobState, title: Any, tone: Any) -> HomeCard | None:
    found = list(Job.objects.filter(state=state).order_by("-pk")[: SHOWN_ON_HOME + 1])
    if not found:
        return None
    lines = []
    for job in found[:SHOWN_ON_HOME]:
        share = progress_of(job).share
        detail = f"{share:.0%}" if share is not None else label_of(job.kind)
        lines.append(CardLine(job.title, detail, reverse("console:jobs_job_change", args=(job.pk,))))
    url = reverse("console:jobs_job_changelist") + f"?state__exact={state.value}"
    return HomeCard(title, lines, url, _("Look at all of them"), "pending_actions", tone)


@admin.register(Job, site=platform_site)
class PlatformJobAdmin(PlatformModelAdmin):
    """The long work of all merchants."""

    slug = "jobs"
    nav = Nav(NavGroup.PLATFORM, "pending_actions", 40)
    policy = {"view": OPERATORS}
    list_display = ("title", "merchant", "kind", "state_badge", "done", "failed", "leased_until", "created_at")
    list_filter = ("state",)
    list_select_related = ("merchant",)
    search_fields = ("title", "kind", "merchant__name")
    sortable_by = ()
    fields = (
        "title",
        "merchant",
        "kind",
        "state",
        "total",
        "done",
        "failed",
        "stalls",
        "leased_until",
        "error",
        "created_at",
    )

    @admin.display(description=_("state"))
    def state_badge(self, job: Job) -> SafeString:
        return state_badge(job)
