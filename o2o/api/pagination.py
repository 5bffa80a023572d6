"""Pages that follow a cursor. They never count, so that the last page costs what the first does."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from o2o.kit.errors import DomainError

if TYPE_CHECKING:
    # REST framework's views import this module through the settings.
    from rest_framework.views import APIView


class InvalidCursorError(DomainError):
    """The cursor was made up, cut or taken from another list."""

    code = "invalid_cursor"
    status = 400
    title = _("The cursor is not valid")


class NewestFirst(CursorPagination):
    """Newest rows first, by their UUIDv7 keys, which grow with time and are unique, so that no page skips a row."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    cursor_query_param = "cursor"

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: "APIView | None" = None
    ) -> list[Any] | None:
        """Return one page. Raises ``InvalidCursorError`` for a cursor that did not come from a page of this list."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValidationError, ValueError, DataError) as error:
            raise InvalidCursorError(_("Follow the “next” of a page, or leave “cursor” out to start anew.")) from error

    def get_paginated_response(self, data: Any) -> Response:
        """Return ``{"results": [...], "next": url | null, "previous": url | null}``."""
        return Response({"results": data, "next": self.get_next_link(), "previous": self.get_previous_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page for OpenAPI."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }
