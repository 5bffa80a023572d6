"""Imports in the API: upload, look at the plan, apply, undo."""

import hashlib
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from o2o.api.pagination import NewestFirst
from o2o.api.policy import Policy
from o2o.api.views import MerchantAPIView
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.imports.api.serializers import ImportKindSerializer, ImportRowSerializer, ImportSerializer, UploadSerializer
from o2o.imports.downloads import rejected_lines
from o2o.imports.enums import Action, BatchState
from o2o.imports.kinds import kinds_for
from o2o.imports.models import ImportBatch, ImportRow
from o2o.imports.selectors import TABS, batches_for, rows_of
from o2o.imports.services.batches import apply_batch, cancel_batch, start_plan, undo_batch
from o2o.imports.services.uploads import upload_file
from o2o.kit import clock
from o2o.kit.jobs.api.views import CSVRenderer
from o2o.tenancy.capabilities import Capability


class ImportFilter(django_filters.FilterSet):
    """By kind and state."""

    kind = django_filters.CharFilter(max_length=80)
    state = django_filters.ChoiceFilter(choices=BatchState.choices)

    class Meta:
        model = ImportBatch
        fields: tuple[str, ...] = ()


class ImportRowFilter(django_filters.FilterSet):
    """By what would become of the rows; ``reject`` also finds those that applying gave back."""

    action = django_filters.ChoiceFilter(choices=Action.choices, method="of_tab")

    class Meta:
        model = ImportRow
        fields: tuple[str, ...] = ()

    def of_tab(self, rows: QuerySet[ImportRow], _name: str, value: str) -> QuerySet[ImportRow]:
        """Narrow to the rows of a tab of the preview."""
        return rows.filter(TABS[value])


class FileOrder(NewestFirst):
    """Rows in the order of the file."""

    ordering = "row_number"


@extend_schema_view(
    list=extend_schema(summary="List imports"),
    retrieve=extend_schema(summary="Read an import with its counts"),
    create=extend_schema(
        summary="Upload a file and compare it", request=UploadSerializer, responses={201: ImportSerializer}
    ),
    apply=extend_schema(summary="Write what the plan says", request=None, responses={202: ImportSerializer}),
    undo=extend_schema(summary="Take back what an import did", request=None, responses={202: ImportSerializer}),
    cancel=extend_schema(summary="Stop an import", request=None, responses=ImportSerializer),
)
class ImportViewSet(ReadOnlyMerchantViewSet):
    """Files that became rows. Only imports of kinds whose capability the caller has are there."""

    policy: ClassVar[Policy] = {
        "list": Capability.IMPORTS_READ,
        "retrieve": Capability.IMPORTS_READ,
        "rows": Capability.IMPORTS_READ,
        "rejected": Capability.IMPORTS_READ,
        "create": Capability.IMPORTS_WRITE,
        "apply": Capability.IMPORTS_WRITE,
        "undo": Capability.IMPORTS_WRITE,
        "cancel": Capability.IMPORTS_WRITE,
    }
    serializer_class = ImportSerializer
    filterset_class = ImportFilter
    parser_classes = (JSONParser, MultiPartParser)

    def get_queryset(self) -> QuerySet[ImportBatch]:
        """Return the imports that the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            # Nobody calls while the schema is written.
            return ImportRow.objects.none() if self.action == "rows" else ImportBatch.objects.none()
        return batches_for(self.actor)

    def body_of(self, request: Request) -> bytes:
        """Return the checksum of an upload, whose parts together would not fit into memory."""
        if not (request.content_type or "").startswith("multipart/"):
            return super().body_of(request)
        fields: Any = request.data
        digest = hashlib.sha256(str(fields.get("kind", "")).encode())
        file = request.FILES.get("file")
        for chunk in file.chunks() if file else ():
            digest.update(chunk)
        return digest.digest()

    def create(self, request: Request) -> Response:
        """Store the file and, where all columns are found, begin to compare it at once."""
        body = UploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        file = body.validated_data["file"]
        file.seek(0)
        batch = upload_file(
            kind=body.validated_data["kind"], file_name=file.name, file=file, actor=self.actor, at=clock.now()
        )
        if not batch.error:
            batch = start_plan(batch_id=batch.pk, actor=self.actor)
        return Response(ImportSerializer(batch).data, status=201)

    @action(detail=True, methods=["post"])
    def apply(self, _request: Request, pk: UUID) -> Response:
        """Begin to apply, or go on with an import that was stopped."""
        return Response(ImportSerializer(apply_batch(batch_id=pk, actor=self.actor)).data, status=202)

    @action(detail=True, methods=["post"])
    def undo(self, _request: Request, pk: UUID) -> Response:
        """Begin to undo; what was changed since stays."""
        return Response(ImportSerializer(undo_batch(batch_id=pk, actor=self.actor)).data, status=202)

    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, pk: UUID) -> Response:
        """Stop; what was applied stays applied."""
        return Response(ImportSerializer(cancel_batch(batch_id=pk, actor=self.actor, at=clock.now())).data)

    @extend_schema(summary="List the rows of an import", responses=ImportRowSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=ImportRowFilter, pagination_class=FileOrder)
    def rows(self, _request: Request, pk: UUID) -> Response:
        """Return the rows in the order of the file."""
        batch = get_object_or_404(self.get_queryset(), pk=pk)
        page = self.paginate_queryset(self.filter_queryset(rows_of(batch_id=batch.pk)))
        return self.get_paginated_response(ImportRowSerializer(page, many=True).data)

    @extend_schema(summary="Get the rejected rows as a file", responses={(200, "text/csv"): str}, filters=False)
    @action(detail=True, methods=["get"], url_path="rejected.csv", renderer_classes=[CSVRenderer], filterset_class=None)
    def rejected(self, _request: Request, pk: UUID) -> HttpResponseBase:
        """Return the rows that came back as CSV, each with its number and the reason."""
        batch = get_object_or_404(self.get_queryset(), pk=pk)
        response = StreamingHttpResponse(rejected_lines(batch), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="rejected-{batch.pk}.csv"'
        return response


class ImportKindsView(MerchantAPIView):
    """What can be imported by the caller."""

    policy: ClassVar[Policy] = {"get": Capability.IMPORTS_READ}

    @extend_schema(summary="List kinds of imports", responses=ImportKindSerializer(many=True))
    def get(self, _request: Request) -> Response:
        """Return the kinds with their columns, by label."""
        kinds: Any = kinds_for(self.actor.capabilities)
        return Response(ImportKindSerializer(kinds, many=True).data)
