"""Lists and forms of models, for the merchant's console and for the operators' site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any, ClassVar, cast

from django.contrib.admin.options import ShowFacets
from django.contrib.admin.utils import quote, unquote
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from o2o.console import acts
from o2o.console.acts import Act
from o2o.console.admission import platform_rows
from o2o.console.components import EmptyState, Fact, Panel
from o2o.console.export import csv_response, workbook_response
from o2o.console.lists import KeysetChangeList, take_cursors
from o2o.console.navigation import Nav, NavEntry
from o2o.console.policy import Demand, Policy, actor_of_request, is_allowed
from o2o.console.saving import ServiceModelAdmin
from o2o.kit.errors import ForbiddenError, NotFoundError
from o2o.tenancy.scope import tenant_transaction

_request: ContextVar[HttpRequest | None] = ContextVar("o2o_console_request", default=None)


class ConsoleModelAdmin(ServiceModelAdmin):
    """A list, its detail or form pages, its acts and its export. Declares who may do what in ``policy``.

    ``policy`` maps ``view``, ``add``, ``change``, ``delete`` and ``export`` to demands; what it leaves out, nobody may.
    Saving goes to ``save_with``. Rows that cannot be changed are shown by ``panels`` as facts, not as a dead form.
    """

    policy: ClassVar[Policy] = {}
    slug: ClassVar[str] = ""
    nav: ClassVar[Nav | None] = None
    title: ClassVar[str | Promise] = ""
    intro: ClassVar[str | Promise] = ""
    empty: ClassVar[EmptyState | None] = None
    acts: ClassVar[Sequence[Act]] = ()
    export_columns: ClassVar[Sequence[str]] = ()
    is_in_palette: ClassVar[bool] = True

    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_fullwidth = False
    list_filter_sheet = True
    actions_on_top = True
    warn_unsaved_form = True
    ordering: ClassVar[Sequence[str]] = ("-pk",)
    preserve_filters = True
    view_on_site = False

    # unfold keeps the running request on the instance, which all threads share
    @property
    def request(self) -> HttpRequest:
        """The request that this thread is serving."""
        request = _request.get()
        if request is None:
            raise AttributeError("request")
        return request

    @request.setter
    def request(self, value: HttpRequest) -> None:
        _request.set(value)

    # --- names and addresses

    @property
    def base_path(self) -> str:
        """The first part of the addresses."""
        return self.slug or f"{self.opts.app_label}/{self.opts.model_name}"

    def url_name(self, view: str) -> str:
        """Return the name of an address, such as that of ``changelist``."""
        return f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{view}"

    def list_url(self) -> str:
        """Return the address of the list."""
        return reverse(self.url_name("changelist"))

    def url_of(self, row: models.Model) -> str:
        """Return the address of a row."""
        return reverse(self.url_name("change"), args=(quote(row.pk),))

    def list_title(self) -> str | Promise:
        """Return what the list is called on screen."""
        return self.title or self.opts.verbose_name_plural

    def row_title(self, row: models.Model) -> str:
        """Return what a row is called on screen."""
        return str(row)

    def nav_entry(self) -> NavEntry:
        """Return the entry of the side bar."""
        return NavEntry(
            cast(Nav, self.nav), capfirst(str(self.list_title())), self.url_name("changelist"), self.policy.get("view")
        )

    def get_urls(self) -> list[URLPattern]:
        """Return list, form, export and acts; Django's own history pages and redirects are left out."""
        unwanted = {f"{self.opts.app_label}_{self.opts.model_name}_history", None}
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("export/", wrap(self.export_view), name=f"{prefix}_export"),
            path("export/xlsx/", wrap(self.workbook_view), name=f"{prefix}_export_xlsx"),
            path("<path:object_id>/act/<slug:act>/", wrap(self.act_view), name=f"{prefix}_act"),
            *(pattern for pattern in super().get_urls() if pattern.name not in unwanted),
        ]

    # --- who may

    def allows(self, request: HttpRequest, act: str) -> bool:
        """Say whether the person may do something that ``policy`` names."""
        return is_allowed(request, self.policy.get(act))

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.allows(request, "view") or self.allows(request, "change")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.allows(request, "change")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, "add")

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.allows(request, "delete")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    # --- rows

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Return the rows in scope; those of other merchants do not exist here."""
        queryset: models.QuerySet[Any] = self.model.objects.all()
        return queryset.order_by(*self.get_ordering(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> models.Model:
        """Return a row. Raises ``NotFoundError``, which is the same for rows of others and rows that never were."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise NotFoundError(
                _("There is no %(kind)s with this address. It may have been removed.")
                % {"kind": self.opts.verbose_name}
            )
        return row

    # --- list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list."""
        take_cursors(request)
        if not self.has_view_permission(request):
            raise ForbiddenError(_("Your role does not open this page. Ask an owner if you need it."))
        extra = {
            "title": capfirst(str(self.list_title())),
            "intro": self.intro,
            "empty_state": self.empty_state(request),
            "exports": self._exports(request),
            **(extra_context or {}),
        }
        return cast(HttpResponse, super().changelist_view(request, extra))

    def empty_state(self, request: HttpRequest) -> EmptyState | None:
        """Return what the list says while it has no rows at all."""
        return self.empty

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow filters that the list offers and no others, for a prefix search of a checksum tells it by and by."""
        for spec in self.get_list_filter(cast(HttpRequest, request)):
            path = spec[0] if isinstance(spec, tuple) else getattr(spec, "parameter_name", spec)
            if isinstance(path, str) and (lookup == path or lookup.startswith(f"{path}__")):
                return True
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the acts for many rows."""
        return {
            act.name: (acts.bulk_function(self, act), act.name, act.label)
            for act in self.acts
            if act.is_bulk and is_allowed(request, act.demand)
        }

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Send the filtered list as CSV."""
        return cast(HttpResponse, csv_response(**self._exported(request)))

    def workbook_view(self, request: HttpRequest) -> HttpResponse:
        """Send the filtered list as XLSX. Raises ``TooManyRowsError``."""
        return cast(HttpResponse, workbook_response(**self._exported(request)))

    def _exported(self, request: HttpRequest) -> dict[str, Any]:
        if not self._may_export(request):
            raise ForbiddenError(_("Your role does not export this list."))
        self.request = request
        take_cursors(request)
        changelist = self.get_changelist_instance(request)
        return {
            "admin": self,
            "queryset": changelist.queryset,
            "keys": changelist.keys(),
            "columns": self.export_columns,
            "scope": self.scope_of(request),
            "name": self.opts.model_name,
        }

    def _exports(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return the formats in which the list can be taken away, with the address of each."""
        if not self._may_export(request):
            return []
        query = self._query(request)
        return [
            (name, reverse(self.url_name(view)) + query) for name, view in (("CSV", "export"), ("XLSX", "export_xlsx"))
        ]

    def scope_of(self, request: HttpRequest) -> Any:
        """Return what opens the scope of the request again after its transaction has ended."""
        raise NotImplementedError

    def _may_export(self, request: HttpRequest) -> bool:
        demand = self.policy.get("export", self.policy.get("view"))
        return bool(self.export_columns) and is_allowed(request, demand)

    def _query(self, request: HttpRequest) -> str:
        query = request.GET.urlencode()
        return f"?{query}" if query else ""

    # --- one row

    def panels(self, request: HttpRequest, row: Any) -> Sequence[Panel]:
        """Return what the page of an unchangeable row shows: by default its fields."""
        names = [name for name in self.get_fields(request, row) if isinstance(name, str)]
        return [Panel(_("Details"), facts=[self._fact(row, name) for name in names])]

    def _fact(self, row: models.Model, name: str) -> Fact:
        field = row._meta.get_field(name)
        display = getattr(row, f"get_{name}_display", None)
        return Fact(capfirst(str(getattr(field, "verbose_name", name))), display() if display else getattr(row, name))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form of a row, or its facts where nobody changes it by hand."""
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise ForbiddenError(_("Your role does not open this page. Ask an owner if you need it."))
        extra = {**self._row_context(request, row), **(extra_context or {})}
        if self.has_change_permission(request, row):
            return cast(HttpResponse, super().change_view(request, object_id, form_url, extra))
        context = {
            **self.admin_site.each_context(request),
            **extra,
            "title": self.row_title(row),
            "panels": self.panels(request, row),
        }
        return TemplateResponse(request, "console/detail.html", context)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form of a new row."""
        if not self.has_add_permission(request):
            raise ForbiddenError(_("Your role does not add this. Ask an owner if you need it."))
        title = _("Add %(kind)s") % {"kind": self.opts.verbose_name}
        extra = {"title": title, "breadcrumbs": self._trail(), **(extra_context or {})}
        return cast(HttpResponse, super().add_view(request, form_url, extra))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, then delete by ``delete_with``."""
        if not self.has_delete_permission(request, self.get_object(request, unquote(object_id))):
            raise ForbiddenError(_("Your role does not delete this."))
        return cast(HttpResponse, super().delete_view(request, object_id, extra_context))

    def act_view(self, request: HttpRequest, object_id: str, act: str) -> HttpResponse:
        """Say what an act will do to one row, and do it when that is confirmed."""
        row = self.get_object(request, unquote(object_id))
        chosen = next((candidate for candidate in self.acts if candidate.name == act), None)
        if chosen is None or not chosen.fits(row):
            raise NotFoundError(_("This cannot be done here, or not any more."))
        if not self.has_view_permission(request, row) or not is_allowed(request, chosen.demand):
            raise ForbiddenError(_("Your role does not allow this. Ask an owner if you need it."))
        if request.method == "POST":
            return acts.finish(self, chosen, request, [row], back=self._back_of(row))
        return acts.preview(self, chosen, request, [row], is_bulk=False)

    def _back_of(self, row: models.Model) -> str:
        still_there = self.model.objects.filter(pk=row.pk).exists()
        return self.url_of(row) if still_there else self.list_url()

    def _row_context(self, request: HttpRequest, row: models.Model) -> dict[str, Any]:
        fitting = [act for act in self.acts if is_allowed(request, act.demand) and act.fits(row)]
        urls = [(act, reverse(self.url_name("act"), args=(quote(row.pk), act.name))) for act in fitting]
        return {"row": row, "row_acts": urls, "row_title": self.row_title(row), "breadcrumbs": self._trail()}

    def _trail(self) -> list[tuple[str, str]]:
        return [(capfirst(str(self.list_title())), self.list_url())]


class MerchantModelAdmin(ConsoleModelAdmin):
    """A list of the merchant's console. ``location_field`` cuts it to the stores of those who are bound to some."""

    location_field: ClassVar[str] = ""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Return the merchant's rows, of the person's stores where they are bound to some."""
        queryset = super().get_queryset(request)
        actor = actor_of_request(request)
        if self.location_field and actor and actor.location_ids is not None:
            return queryset.filter(**{f"{self.location_field}__in": actor.location_ids})
        return queryset

    def scope_of(self, request: HttpRequest) -> Any:
        merchant_id = request.actor.merchant_id  # type: ignore[attr-defined]

        def scope() -> AbstractContextManager[None]:
            return tenant_transaction(merchant_id)

        return scope


class PlatformModelAdmin(ConsoleModelAdmin):
    """A list of the operators' site, over all merchants."""

    def scope_of(self, request: HttpRequest) -> Any:
        return platform_rows


def demands_of(admin: ConsoleModelAdmin) -> Mapping[str, Demand]:
    """Return who may do what in a list, its acts included, for the permission matrix."""
    return {**admin.policy, **{f"act:{act.name}": act.demand for act in admin.acts}}


def reverse_or_none(name: str, *args: Any) -> str | None:
    """Return an address, or None where nobody registered it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None
