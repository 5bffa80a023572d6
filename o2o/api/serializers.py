"""Serializers that only write answers."""

import copy
from typing import Any, ClassVar, TypeVar

from django.db import models
from rest_framework import serializers

Row = TypeVar("Row", bound=models.Model)


class ReadSerializer(serializers.ModelSerializer[Row]):
    """Turns rows into answers, and never the other way: every field is read-only.

    The fields of a model serializer are found out anew for each instance, which took a sixth of a small request; here
    once for each class. That is safe because read-only fields hold no queryset, which would keep a tenant's scope.
    """

    _found: ClassVar[dict[type, dict[str, Any]]] = {}

    def get_fields(self) -> dict[str, Any]:
        """Return fresh copies of the class's fields. Raises ``TypeError`` for a declared field that takes input."""
        found = self._found.get(type(self))
        if found is None:
            found = super().get_fields()
            if writable := [name for name, field in found.items() if not field.read_only]:
                raise TypeError(f"{type(self).__name__} only reads; declare {', '.join(writable)} with read_only=True.")
            self._found[type(self)] = found
        return copy.deepcopy(found)

    def get_extra_kwargs(self) -> dict[str, Any]:
        """Make every field of the model read-only."""
        extra: dict[str, Any] = super().get_extra_kwargs()
        for name in self.Meta.fields:
            extra[name] = {**extra.get(name, {}), "read_only": True}
        return extra
