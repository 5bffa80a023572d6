"""django-stubs' plugin, but a foreign key with a default is not taken for one that may hold None.

Every tenant table has such a key: its merchant defaults to the active scope's.
"""

from django.db.models import Field, ForeignKey
from mypy.plugin import Plugin
from mypy_django_plugin.django.context import DjangoContext
from mypy_django_plugin.main import NewSemanalDjangoPlugin

_nullability = DjangoContext.get_field_nullability


def _nullability_of(context: DjangoContext, field: Field, method: str | None) -> bool:
    if method is None and isinstance(field, ForeignKey):
        return field.null
    return _nullability(context, field, method)


def plugin(version: str) -> type[Plugin]:
    """Return the plugin, as mypy asks for it."""
    DjangoContext.get_field_nullability = _nullability_of  # type: ignore[assignment,method-assign]
    return NewSemanalDjangoPlugin
