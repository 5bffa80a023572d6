"""Jobs in the API: watch them, stop them, let them go on."""

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from o2o.api.policy import Policy
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.kit.jobs.api.serializers import JobErrorSerializer, JobSerializer
from o2o.kit.jobs.enums import JobState
from o2o.kit.jobs.models import Job
from o2o.kit.jobs.selectors import error_lines
from o2o.kit.jobs.services import cancel_job, pause_job, resume_job, retry_job
from o2o.tenancy.capabilities import Capability


class CSVRenderer(BaseRenderer):
    """Text that is CSV already."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Return the text as bytes."""
        return str(data).encode()


class JobFilter(django_filters.FilterSet):
    """By kind and state."""

    kind = django_filters.CharFilter(max_length=80)
    state = django_filters.ChoiceFilter(choices=JobState.choices)

    class Meta:
        model = Job
        fields: tuple[str, ...] = ()


@extend_schema_view(
    list=extend_schema(summary="List jobs"),
    retrieve=extend_schema(summary="Read a job"),
    pause=extend_schema(summary="Pause a job", request=None, responses=JobSerializer),
    resume=extend_schema(summary="Let a paused job go on", request=None, responses=JobSerializer),
    cancel=extend_schema(summary="End a job for good", request=None, responses=JobSerializer),
    retry=extend_schema(summary="Let a failed job go on", request=None, responses=JobSerializer),
    errors=extend_schema(summary="List the rows with errors", responses=JobErrorSerializer(many=True), filters=False),
)
class JobViewSet(ReadOnlyMerchantViewSet):
    """Long work: imports, issue runs, replays."""

    policy: ClassVar[Policy] = {
        "list": Capability.JOBS_READ,
        "retrieve": Capability.JOBS_READ,
        "errors": Capability.JOBS_READ,
        "error_file": Capability.JOBS_READ,
        "pause": Capability.JOBS_WRITE,
        "resume": Capability.JOBS_WRITE,
        "cancel": Capability.JOBS_WRITE,
        "retry": Capability.JOBS_WRITE,
    }
    serializer_class = JobSerializer
    filterset_class = JobFilter

    def get_queryset(self) -> QuerySet[Job]:
        """Return the merchant's jobs."""
        jobs: QuerySet[Job] = Job.objects.all()
        return jobs

    @action(detail=True, methods=["post"])
    def pause(self, _request: Request, pk: UUID) -> Response:
        """Stop after the batch that is being done."""
        return Response(self.get_serializer(pause_job(job_id=pk)).data)

    @action(detail=True, methods=["post"])
    def resume(self, _request: Request, pk: UUID) -> Response:
        """Go on from where it was paused."""
        return Response(self.get_serializer(resume_job(job_id=pk)).data)

    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, pk: UUID) -> Response:
        """Stop after the batch that is being done; what was done stays."""
        return Response(self.get_serializer(cancel_job(job_id=pk, at=clock.now())).data)

    @action(detail=True, methods=["post"])
    def retry(self, _request: Request, pk: UUID) -> Response:
        """Go on from the batch that failed."""
        return Response(self.get_serializer(retry_job(job_id=pk)).data)

    @action(detail=True, methods=["get"], filterset_class=None)
    def errors(self, _request: Request, pk: UUID) -> Response:
        """Return the rows that could not be done, the newest first."""
        page = self.paginate_queryset(self.get_object().errors.all())
        return self.get_paginated_response(JobErrorSerializer(page, many=True).data)

    @extend_schema(summary="Get the rows with errors as a file", responses={(200, "text/csv"): str}, filters=False)
    @action(detail=True, methods=["get"], url_path="errors.csv", renderer_classes=[CSVRenderer], filterset_class=None)
    def error_file(self, _request: Request, pk: UUID) -> Response:
        """Return the rows that could not be done as CSV, with their content, in the order of the source."""
        job = self.get_object()
        disposition = f'attachment; filename="errors-{job.pk}.csv"'
        return Response("".join(error_lines(job)), headers={"Content-Disposition": disposition})
