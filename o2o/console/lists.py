"""The list of a model, page by page without counting."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Paginator
from django.http import HttpRequest
from unfold.views import ChangeList

from o2o.console.keyset import BadCursorError, Key, keys_of, page_of

AFTER, BEFORE = "after", "before"


class KeysetChangeList(ChangeList):
    """A list with "newer" and "older" instead of page numbers."""

    next_url: str | None = None
    previous_url: str | None = None
    empty_state: Any = None
    is_keyset = True

    def get_results(self, request: HttpRequest) -> None:
        """Fetch one page and one row more, which tells whether there is a next page."""
        cursors = getattr(request, "list_cursors", {})
        try:
            page = page_of(
                self.queryset,
                self.keys(),
                size=self.list_per_page,
                after=cursors.get(AFTER),
                before=cursors.get(BEFORE),
                rows_of=self.apply_select_related(self.root_queryset),
            )
        except BadCursorError as error:
            raise IncorrectLookupParameters(str(error)) from error
        self.result_list: Any = page.rows
        self.result_count = self.full_result_count = len(page.rows)
        self.show_full_result_count = False
        self.show_admin_actions = bool(page.rows)
        self.can_show_all = self.multi_page = False
        self.show_all = False
        self.paginator = Paginator(page.rows, self.list_per_page)
        self.next_url = self.get_query_string({AFTER: page.after}) if page.after else None
        self.previous_url = self.get_query_string({BEFORE: page.before}) if page.before else None
        self.first_url = self.get_query_string() if page.before else None
        # The template of an empty list is given the list alone.
        self.empty_state = self.model_admin.empty_state(request)

    def keys(self) -> list[Key]:
        """Return the columns by which this list is sorted now."""
        return keys_of(self.model, self.queryset.query.order_by)


def take_cursors(request: HttpRequest) -> None:
    """Move the cursor from the address to the request, for Django takes unknown parameters for filters."""
    parameters = request.GET.copy()
    request.list_cursors = {  # type: ignore[attr-defined]
        name: parameters.pop(name)[-1] for name in (AFTER, BEFORE) if name in parameters
    }
    request.GET = parameters  # type: ignore[assignment]
