"""Acts on rows: each says what it will do before it does it, for one row or for many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from o2o.console.components import Text
from o2o.console.policy import Demand
from o2o.kit.errors import DomainError

MAX_LISTED = 20


@dataclass(frozen=True)
class Act:
    """Something that people do to rows of a list.

    ``explain`` says in one sentence what will happen and what it cannot undo. ``apply`` calls the service for one
    row; its ``DomainError`` is shown beside the row and leaves the other rows alone. ``fits`` says whether the act
    makes sense for a row. ``answer`` may return a page to show instead of the list (a secret that is shown once).
    """

    name: str
    label: Text
    demand: Demand
    explain: Text
    apply: Callable[[HttpRequest, Any], Any]
    fits: Callable[[Any], bool] = lambda _row: True
    icon: str = "bolt"
    is_destructive: bool = False
    is_bulk: bool = True
    answer: Callable[[HttpRequest, Any, Any], HttpResponse] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an act: how many rows were done, and why the others were not."""

    done: int
    refusals: Sequence[tuple[str, str | Promise]]
    result: Any = None


def apply_to(act: Act, request: HttpRequest, rows: Sequence[models.Model]) -> Outcome:
    """Apply an act to rows, each in a savepoint of its own."""
    done, refusals, result = 0, [], None
    for row in rows:
        try:
            with transaction.atomic():
                result = act.apply(request, row)
        except DomainError as error:
            refusals.append((str(row), error.detail or error.title))
        else:
            done += 1
    return Outcome(done, refusals, result)


def preview(admin: Any, act: Act, request: HttpRequest, rows: Sequence[models.Model], *, is_bulk: bool) -> HttpResponse:
    """Show what an act will do to which rows, with a button that does it."""
    fitting = [row for row in rows if act.fits(row)]
    context = {
        **admin.admin_site.each_context(request),
        "title": act.label,
        "act": act,
        "is_bulk": is_bulk,
        "rows": fitting[:MAX_LISTED],
        "row_ids": [row.pk for row in fitting],
        "unlisted": max(len(fitting) - MAX_LISTED, 0),
        "unfit": len(rows) - len(fitting),
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "back": admin.url_of(rows[0]) if rows and not is_bulk else admin.list_url(),
        "breadcrumbs": [(admin.list_title(), admin.list_url())],
    }
    return TemplateResponse(request, "console/act.html", context)


def finish(admin: Any, act: Act, request: HttpRequest, rows: Sequence[models.Model], *, back: str) -> HttpResponse:
    """Do the act and tell what came of it."""
    outcome = apply_to(act, request, [row for row in rows if act.fits(row)])
    if outcome.done:
        text = ngettext("%(act)s: done for %(count)d row.", "%(act)s: done for %(count)d rows.", outcome.done)
        messages.success(request, text % {"act": act.label, "count": outcome.done})
    for name, reason in outcome.refusals:
        messages.error(request, _("%(row)s: %(reason)s") % {"row": name, "reason": reason})
    if act.answer and outcome.done and len(rows) == 1:
        return act.answer(request, rows[0], outcome.result)
    return HttpResponseRedirect(back)


def bulk_function(admin: Any, act: Act) -> Callable[[Any, HttpRequest, models.QuerySet[Any]], HttpResponse]:
    """Return the function that Django's list calls for the chosen rows."""

    def run(_admin: Any, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse:
        rows = list(queryset)
        if "confirmed" in request.POST:
            return finish(admin, act, request, rows, back=request.get_full_path())
        return preview(admin, act, request, rows, is_bulk=True)

    return run
