"""Serializers that only write answers."""

from typing import Any, ClassVar, TypeVar

from django.db import models
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import BindingDict

from o2o.kit.errors import DomainError

Row = TypeVar("Row", bound=models.Model)

# They look at the serializer that they belong to, or at its context, so that each serializer needs its own.
OF_THEIR_PARENT = (serializers.BaseSerializer, serializers.SerializerMethodField, serializers.HyperlinkedRelatedField)


class ReadSerializer(serializers.ModelSerializer[Row]):
    """Turns rows into answers, and never the other way: every field is read-only.

    The fields of a model serializer are found out anew for each instance, which took a sixth of a small request; here
    once for each class. That is safe because read-only fields hold no queryset, which would keep a tenant's scope, and
    because they are bound to a serializer without rows and context.
    """

    _shared: ClassVar[dict[type, BindingDict]] = {}

    @cached_property
    def fields(self) -> BindingDict:
        """Return the class's fields, shared unless one of them looks at its serializer."""
        shared = self._shared.get(type(self))
        if shared is None:
            shared = _bound(type(self)())
            if any(isinstance(field, OF_THEIR_PARENT) for field in shared.values()):
                return _bound(self)
            self._shared[type(self)] = shared
        return shared

    def get_fields(self) -> dict[str, Any]:
        """Find the fields out. Raises ``TypeError`` for a declared field that takes input."""
        found: dict[str, Any] = super().get_fields()
        if writable := [name for name, field in found.items() if not field.read_only]:
            raise TypeError(f"{type(self).__name__} only reads; declare {', '.join(writable)} with read_only=True.")
        return found

    def get_extra_kwargs(self) -> dict[str, Any]:
        """Make every field of the model read-only."""
        extra: dict[str, Any] = super().get_extra_kwargs()
        for name in self.Meta.fields:
            extra[name] = {**extra.get(name, {}), "read_only": True}
        return extra


class FaultSerializer(serializers.Serializer[Any]):
    """Why one of many things was refused, while the others were done."""

    code = serializers.CharField()
    detail = serializers.CharField()
    field = serializers.CharField(allow_null=True)


def fault_of(error: DomainError) -> dict[str, Any]:
    """Return a refusal as ``FaultSerializer`` shows it."""
    return {"code": error.code, "detail": str(error.detail), "field": error.params.get("field")}


def _bound(serializer: ReadSerializer[Any]) -> BindingDict:
    fields = BindingDict(serializer)
    for name, field in serializer.get_fields().items():
        fields[name] = field
    return fields
