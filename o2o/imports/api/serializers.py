"""Imports, their rows and kinds, as they are read and written."""

from typing import Any

from rest_framework import serializers

from o2o.api.serializers import ReadSerializer
from o2o.imports.columns import Column
from o2o.imports.kinds import ImportKind
from o2o.imports.models import ImportBatch, ImportRow


class ImportSerializer(ReadSerializer[ImportBatch]):
    """An import with its counts."""

    job_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = ImportBatch
        fields = (
            "id", "kind", "file_name", "file_size", "sha256", "dialect", "state", "error", "job_id", "actor_label",
            "row_count", "to_create", "to_change", "to_leave", "to_reject", "applied_count", "left_count",
            "rejected_count", "undone_count", "kept_count", "created_at", "planned_at", "applied_at", "undone_at",
            "purged_at",
        )  # fmt: skip


class ImportRowSerializer(ReadSerializer[ImportRow]):
    """A row of the file: what would become of it, and what did. ``changes`` leads to the values before and after."""

    class Meta:
        model = ImportRow
        fields = ("id", "row_number", "cells", "action", "changes", "reason", "outcome")


class UploadSerializer(serializers.Serializer[Any]):
    """A file and what it holds."""

    kind = serializers.CharField(max_length=80)
    file = serializers.FileField(max_length=300, allow_empty_file=True)


class ColumnSerializer(serializers.Serializer[Column]):
    """A column of a kind of import."""

    name = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]
    kind = serializers.CharField(read_only=True)
    is_required = serializers.BooleanField(read_only=True)
    help = serializers.CharField(read_only=True)
    example = serializers.CharField(read_only=True)


class ImportKindSerializer(serializers.Serializer[ImportKind]):
    """A kind of import."""

    name = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]
    description = serializers.CharField(read_only=True)
    has_export = serializers.BooleanField(read_only=True)
    columns = ColumnSerializer(many=True, read_only=True)
