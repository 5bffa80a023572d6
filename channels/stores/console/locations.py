"""Stores and warehouses, on screen."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.stores import selectors, services
from channels.stores.enums import FulfillmentMethod, LocationKind, Weekday
from channels.stores.hours import closing, next_opening
from channels.stores.models import ChannelLocation, SpecialDay, StockLocation
from o2o.console import (
    Act,
    ConsoleForm,
    EmptyState,
    Fact,
    FormPage,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Panel,
    SetupStep,
    badge,
    page,
    setup_step,
    site,
)
from o2o.console.components import Table
from o2o.console.locations import provide_locations
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

LOCATIONS = ((_("Locations"), "console:stores_stocklocation_changelist"),)
SHOWN_SPECIAL_DAYS = 12
MAP = "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"


@provide_locations
def location_names() -> Sequence[tuple[uuid.UUID, str]]:
    """List the stores and warehouses that a form may offer."""
    return list(selectors.locations().filter(is_active=True).values_list("pk", "name"))


@admin.register(StockLocation, site=site)
class LocationAdmin(MerchantModelAdmin):
    """Where stock lies and orders are made ready."""

    slug = "locations"
    nav = Nav(NavGroup.CHANNELS, "storefront", 60)
    location_field = "pk"
    policy = {"view": Capability.CHANNELS_READ}
    intro = _("Stores and warehouses: where stock lies and orders are made ready.")
    list_display = ("name", "code", "kind", "city", "is_active", "methods_shown", "daily_order_capacity")
    list_filter = ("kind", "is_active", "city")
    search_fields = ("name", "code", "city", "street")
    search_help_text = _("Name, code, city or street")
    ordering = ("name", "pk")
    sortable_by = ("name", "code", "city")
    export_columns = (
        "code", "name", "kind", "is_active", "country", "region", "city", "postal_code", "street", "phone",
        "latitude", "longitude", "time_zone", "daily_order_capacity", "preparation_minutes", "pickup_days",
    )  # fmt: skip
    acts = (
        Act(
            name="deactivate",
            label=_("switch off"),
            demand=Capability.CHANNELS_WRITE,
            explain=_(
                "It gets no more orders, and its stock counts in no channel. What it has accepted stays with it."
            ),
            apply=lambda _request, row: services.switch_location(location_id=row.pk, is_active=False, at=now()),
            fits=lambda row: row.is_active,
            icon="toggle_off",
            is_destructive=True,
        ),
        Act(
            name="activate",
            label=_("switch on"),
            demand=Capability.CHANNELS_WRITE,
            explain=_("It gets orders again, and its stock counts in the channels that it serves."),
            apply=lambda _request, row: services.switch_location(location_id=row.pk, is_active=True, at=now()),
            fits=lambda row: not row.is_active,
            icon="toggle_on",
        ),
    )

    @admin.display(description=_("hands over by"))
    def methods_shown(self, row: StockLocation) -> str:
        return ", ".join(str(FulfillmentMethod(method).label) for method in row.methods) or "–"

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.CHANNELS_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("No stores or warehouses yet"),
            text=_("Add the places where your stock lies. Orders are routed to them."),
            icon="storefront",
            url=reverse("console:new_location") if may_add else "",
            action=_("New location"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the locations, with the way to a new one."""
        may_add = request.actor.may(Capability.CHANNELS_WRITE)  # type: ignore[attr-defined]
        links = [(_("New location"), reverse("console:new_location"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: StockLocation) -> Sequence[Panel]:
        return [_about(request, row), _week(row), _special_days(row), _channels(row)]


def open_badge(row: StockLocation) -> SafeString:
    """Return whether a location is open now, until when, or when it opens."""
    at = now()
    if not row.is_active:
        return badge(_("switched off"), "neutral")
    calendar = selectors.calendars(locations=[row], at=at)[row.pk]
    opens_at = next_opening(calendar, at=at)
    if opens_at == at:
        closes_at = closing(calendar, at=at)
        text = _("open until %(time)s") % {"time": _local(closes_at, row)} if closes_at else _("always open")
        return badge(text, "success")
    if opens_at is None:
        return badge(_("closed for two weeks or more"), "danger")
    return badge(_("closed until %(time)s") % {"time": _local(opens_at, row)}, "warning")


def _local(at: Any, row: StockLocation) -> str:
    from zoneinfo import ZoneInfo

    return f"{at.astimezone(ZoneInfo(row.time_zone)):%m-%d %H:%M}"


def _about(request: HttpRequest, row: StockLocation) -> Panel:
    address = " ".join(filter(None, (row.postal_code, row.region, row.city, row.street, row.country)))
    facts = [
        Fact(_("Code"), row.code, is_code=True),
        Fact(_("Kind"), row.get_kind_display()),
        Fact(_("Now"), open_badge(row)),
        Fact(_("Address"), address),
        Fact(_("Telephone"), row.phone),
        Fact(_("Place"), _map_link(row)),
        Fact(_("Time zone"), row.time_zone),
        Fact(_("Business day begins at"), f"{row.day_starts_at:%H:%M}"),
        Fact(_("Hands over by"), ", ".join(str(FulfillmentMethod(method).label) for method in row.methods)),
        Fact(_("Orders a day at most"), row.daily_order_capacity if row.daily_order_capacity is not None else _("any")),
        Fact(_("Minutes to prepare an order"), row.preparation_minutes),
        Fact(
            _("Pickup"),
            _("waits %(days)s days, can be extended by %(more)s")
            % {"days": row.pickup_days, "more": row.pickup_extension_days},
        ),
    ]
    if request.actor.may(Capability.CHANNELS_WRITE):  # type: ignore[attr-defined]
        change = reverse("console:change_location", args=(row.pk,))
        hours = reverse("console:opening_hours", args=(row.pk,))
        facts.append(
            Fact(
                _("Settings"),
                format_html(
                    '<a href="{}">{}</a> · <a href="{}">{}</a>', change, _("Change"), hours, _("Opening hours")
                ),
            )
        )
    return Panel(_("Location"), facts=facts)


def _map_link(row: StockLocation) -> SafeString | str:
    if row.coordinates is None:
        return "–"
    latitude, longitude = row.coordinates
    url = MAP.format(latitude=latitude, longitude=longitude)
    return format_html('<a href="{}" rel="noreferrer" target="_blank">{}, {}</a>', url, latitude, longitude)


def _week(row: StockLocation) -> Panel:
    hours: dict[int, list[str]] = {}
    for period in row.opening_periods.order_by("weekday", "opens_at"):
        hours.setdefault(period.weekday, []).append(f"{period.opens_at:%H:%M}–{period.closes_at:%H:%M}")
    if not hours:
        return Panel(_("Opening hours"), note=_("No hours are set, so it counts as open at any time."))
    rows = [(day.label, ", ".join(hours.get(day.value, ())) or _("closed")) for day in Weekday]
    return Panel(_("Opening hours"), table=Table((_("Day"), _("Hours")), rows))


def _special_days(row: StockLocation) -> Panel:
    days = SpecialDay.objects.filter(on__gte=now().date()).filter(location=row) | SpecialDay.objects.filter(
        on__gte=now().date(), location=None
    )
    rows = [
        (day.on, day.name, _("closed") if day.opens_at is None else f"{day.opens_at:%H:%M}–{day.closes_at:%H:%M}")
        for day in days.order_by("on", "pk")[:SHOWN_SPECIAL_DAYS]
    ]
    table = Table((_("Date"), _("Name"), _("Hours")), rows, empty=_("No special days lie ahead."))
    return Panel(_("Next special days"), table=table)


def _channels(row: StockLocation) -> Panel:
    serves = ChannelLocation.objects.filter(location=row).select_related("channel").order_by("priority", "pk")
    rows = [(link.channel.name, link.channel.get_kind_display(), link.priority) for link in serves]
    empty = _("It serves no channel yet, so no order can be routed to it.")
    return Panel(_("Channels that it serves"), table=Table((_("Channel"), _("Kind"), _("Priority")), rows, empty=empty))


class LocationForm(ConsoleForm):
    """What is known of a location."""

    name = forms.CharField(label=_("Name"), max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), choices=LocationKind.choices)
    time_zone = forms.CharField(label=_("Time zone"), max_length=64, help_text=_("Such as Asia/Shanghai."))
    country = forms.CharField(label=_("Country"), max_length=2, required=False, help_text=_("Two letters, such as CN."))
    region = forms.CharField(label=_("Province or state"), max_length=100, required=False)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)
    street = forms.CharField(label=_("Street and number"), max_length=200, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    latitude = forms.FloatField(label=_("Latitude"), min_value=-90, max_value=90, required=False)
    longitude = forms.FloatField(label=_("Longitude"), min_value=-180, max_value=180, required=False)
    day_starts_at = forms.TimeField(
        label=_("Business day begins at"),
        help_text=_("What is sold out today comes back then, and daily limits begin anew."),
    )
    methods = forms.MultipleChoiceField(
        label=_("Hands over by"),
        choices=FulfillmentMethod.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    daily_order_capacity = forms.IntegerField(
        label=_("Orders a day at most"), min_value=0, required=False, help_text=_("Empty: any number.")
    )
    preparation_minutes = forms.IntegerField(label=_("Minutes to prepare an order"), min_value=0, max_value=10_000)
    pickup_days = forms.IntegerField(label=_("Days that a pickup waits"), min_value=0, max_value=365)
    pickup_extension_days = forms.IntegerField(
        label=_("Days by which a pickup can be extended"), min_value=0, max_value=365
    )


class NewLocationForm(LocationForm):
    """A new location."""

    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("As in your other systems; it stays for good."))
    field_order = ("code", "name", "kind")


@page
class NewLocation(FormPage):
    """Add a store or warehouse."""

    name = "new_location"
    path = "locations/new/"
    title = _("New location")
    policy = Capability.CHANNELS_WRITE
    form_class = NewLocationForm
    submit = _("Add")
    done = _("Added. Set its opening hours next.")
    parents = LOCATIONS

    def initial(self) -> dict[str, Any]:
        fields = StockLocation(time_zone="Asia/Shanghai")
        known = (name for name in NewLocationForm.base_fields if name != "methods")
        return {name: getattr(fields, name) for name in known} | {"methods": FulfillmentMethod.values}

    def save(self, form: forms.Form) -> None:
        self.made = services.create_location(at=now(), **form.cleaned_data)

    def success_url(self) -> str:
        return reverse("console:opening_hours", args=(self.made.pk,))


@page
class ChangeLocation(FormPage):
    """Change a store or warehouse."""

    name = "change_location"
    path = "locations/<uuid:location_id>/settings/"
    title = _("Change the location")
    policy = Capability.CHANNELS_WRITE
    form_class = LocationForm
    done = _("Saved.")
    parents = LOCATIONS

    @property
    def location(self) -> StockLocation:
        """The location of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[StockLocation].get_object(self.request, str(self.kwargs["location_id"]))
        return found

    def heading(self) -> str:
        return f"{self.title} · {self.location.name}"

    def initial(self) -> dict[str, Any]:
        location = self.location
        return {name: getattr(location, name) for name in LocationForm.base_fields}

    def save(self, form: forms.Form) -> None:
        services.update_location(location_id=self.location.pk, at=now(), **form.cleaned_data)

    def success_url(self) -> str:
        return reverse("console:stores_stocklocation_change", args=(self.kwargs["location_id"],))


@setup_step(Capability.CHANNELS_WRITE, order=5)
def add_a_location(request: HttpRequest) -> SetupStep:
    """Whether there is any place where stock lies."""
    return SetupStep(
        title=_("Add a store or warehouse"),
        text=_("Where your stock lies and orders are made ready."),
        url=reverse("console:new_location"),
        is_done=StockLocation.objects.exists(),
        icon="storefront",
    )
