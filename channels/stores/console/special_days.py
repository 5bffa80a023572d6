"""Holidays and other dates with hours of their own, on screen."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.stores import services
from channels.stores.console.pages import PeriodsField
from channels.stores.models import SpecialDay
from o2o.console import Act, ConsoleForm, EmptyState, FormPage, MerchantModelAdmin, Nav, NavGroup, page, site
from o2o.console.locations import location_choices
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

MOST_DAYS = 60


@admin.register(SpecialDay, site=site)
class SpecialDayAdmin(MerchantModelAdmin):
    """Dates with hours of their own."""

    slug = "special-days"
    nav = Nav(NavGroup.CHANNELS, "event", 65)
    policy = {"view": Capability.CHANNELS_READ}
    intro = _("Holidays and other dates with hours of their own, for one location or for all.")
    list_display = ("on", "name", "place", "hours")
    list_filter = ("location",)
    list_select_related = ("location",)
    search_fields = ("name",)
    search_help_text = _("Name")
    ordering = ("-on", "-pk")
    sortable_by = ("on",)
    export_columns = ("on", "name", "location", "opens_at", "closes_at")
    empty = EmptyState(
        title=_("No special days"),
        text=_("Add holidays, so that orders are not promised for a day on which nobody works."),
        icon="event",
    )
    acts = (
        Act(
            name="remove",
            label=_("remove"),
            demand=Capability.CHANNELS_WRITE,
            explain=_("The date has the hours of its weekday again."),
            apply=lambda _request, row: services.remove_special_day(special_day_id=row.pk),
            icon="delete",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("location"))
    def place(self, row: SpecialDay) -> str:
        return row.location.name if row.location else str(_("all locations"))

    @admin.display(description=_("hours"))
    def hours(self, row: SpecialDay) -> str:
        return str(_("closed")) if row.opens_at is None else f"{row.opens_at:%H:%M}–{row.closes_at:%H:%M}"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the dates, with the way to new ones."""
        may_add = request.actor.may(Capability.CHANNELS_WRITE)  # type: ignore[attr-defined]
        links = [(_("New special days"), reverse("console:new_special_days"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})


class SpecialDaysForm(ConsoleForm):
    """A stretch of dates and their hours."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Such as National Day."))
    first = forms.DateField(label=_("First day"))
    last = forms.DateField(label=_("Last day"), required=False, help_text=_("Empty: the first day alone."))
    hours = PeriodsField(
        label=_("Hours"), required=False, max_length=40, help_text=_("One period, such as 10:00-16:00. Empty: closed.")
    )
    location_id = forms.ChoiceField(label=_("Location"), required=False, choices=())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location_id"].choices = [("", _("all locations")), *location_choices()]

    def clean(self) -> dict[str, Any]:
        """Check that the stretch is one, and not for ever."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
            self.add_error("last", _("The last day is not before the first, and at most 60 days are set at once."))
        if len(data.get("hours") or ()) > 1:
            self.add_error("hours", _("A special day has one period; give the one from first to last opening."))
        return data


@page
class NewSpecialDays(FormPage):
    """Give dates hours of their own."""

    name = "new_special_days"
    path = "special-days/new/"
    title = _("New special days")
    policy = Capability.CHANNELS_WRITE
    form_class = SpecialDaysForm
    submit = _("Add")
    done = _("Saved.")
    parents = ((_("special days"), "console:stores_specialday_changelist"),)
    success_url_name = "console:stores_specialday_changelist"

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        length = ((data["last"] or data["first"]) - data["first"]).days
        services.set_special_days(
            days=[data["first"] + timedelta(days=number) for number in range(length + 1)],
            name=data["name"],
            hours=data["hours"][0] if data["hours"] else None,
            location_id=data["location_id"] or None,
            at=now(),
        )
