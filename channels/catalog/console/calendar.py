"""What a variant has cost, costs and will cost, in all channels."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.catalog import services
from channels.catalog.enums import PriceChangeState
from channels.catalog.models import ChannelListing, PriceChangeRequest, PriceCycle, PriceInterval, Variant
from channels.catalog.selectors.calendar import Planned, course, merchant_zone, planned_prices
from channels.stores.enums import Weekday
from o2o.console import Act, EmptyState, Fact, FormPage, MerchantModelAdmin, Page, Panel, badge, page, site
from o2o.console.components import Chart, Series, Table
from o2o.kit.clock import now
from o2o.kit.errors import NotFoundError
from o2o.kit.money import Money
from o2o.tenancy.capabilities import Capability

SHORTEST_STRETCH = 3
BEFORE, AHEAD = 60, 14
TONES: Sequence[Any] = ("info", "success", "warning", "danger", "neutral")


@page
class PriceCalendar(Page):
    """The prices of a variant over the days, one line for each channel, and what is planned."""

    name = "price_calendar"
    path = "variants/<uuid:variant_id>/prices/"
    title = _("Price calendar")
    intro = _("The price of each day at noon, and everything that is planned or runs for a time.")
    policy = Capability.CATALOG_READ
    template = "catalog/calendar.html"
    parents = ((_("Listings"), "console:listing_matrix"),)

    @property
    def variant(self) -> Variant:
        """The variant of the address. Raises ``NotFoundError``."""
        found = Variant.objects.select_related("product").filter(pk=self.kwargs["variant_id"]).first()
        if found is None:
            raise NotFoundError(_("There is no such variant."))
        variant: Variant = found
        return variant

    def heading(self) -> str:
        variant = self.variant
        return f"{self.title} · {variant.product.name} {variant.name} · {variant.sku}"

    def context(self) -> dict[str, Any]:
        at = now()
        rows = ChannelListing.objects.filter(variant=self.kwargs["variant_id"]).select_related("channel")
        listings = list(rows.order_by("channel__name"))
        if not listings:
            empty = EmptyState(
                title=_("No channel lists it"), text=_("List it, and its prices are shown."), icon="sell"
            )
            return {"empty": empty}
        planned = planned_prices(listings=listings, at=at, until=at + timedelta(days=60))
        may_change = self.actor.may(Capability.CATALOG_WRITE)
        return {"chart": _chart(listings, at), "panels": [_planned(planned, may_change)]}


def _chart(listings: Sequence[ChannelListing], at: datetime) -> Chart:
    zone = merchant_zone()
    today = at.astimezone(zone).date()
    days = [today + timedelta(days=day) for day in range(-BEFORE, AHEAD + 1)]
    prices = course(listings=listings, moments=[datetime.combine(day, time(12), tzinfo=zone) for day in days])
    series = [
        Series(
            f"{listing.channel.name} ({listing.currency})",
            [None if price is None else float(price) for price in prices[listing.pk]],
            TONES[number % len(TONES)],
        )
        for number, listing in enumerate(listings)
    ]
    labels = [f"{day:%m-%d}" for day in days]
    return Chart("prices", "line", _("Price at noon"), labels, series, x_title=_("Day"), y_title=_("Price"))


def _planned(planned: Sequence[Planned], may_change: bool) -> Panel:
    rows = [
        (
            one.interval.listing.channel.name,
            str(Money.rounded(one.interval.price, one.interval.listing.currency)),
            one.interval.get_layer_display(),
            badge(_("runs"), "success") if one.is_running else one.interval.valid_from,
            one.interval.valid_until or _("without end"),
            one.interval.reason,
            withdraw_link(one.interval) if may_change else "",
        )
        for one in planned
    ]
    headers = (_("Channel"), _("Price"), _("Kind"), _("From"), _("Until"), _("Reason"), "")
    return Panel(
        _("Planned, or for a time"), table=Table(headers, rows, empty=_("The regular prices stay as they are."))
    )


def withdraw_link(interval: PriceInterval) -> SafeString | str:
    """Return the way to withdraw a price; recurring ones are ended as a whole."""
    if interval.cycle_id:
        url = reverse("console:catalog_pricecycle_change", args=(interval.cycle_id,))
        return format_html('<a href="{}">{}</a>', url, _("Recurring price"))
    return format_html('<a href="{}">{}</a>', reverse("console:withdraw_price", args=(interval.pk,)), _("Withdraw"))


def waiting_prices(listing: ChannelListing) -> list[Panel]:
    """Return what waits for approval of a listing, where something does."""
    rows = [
        (
            f"{row.old_price.normalize():f} → {row.price.normalize():f}",
            row.get_layer_display(),
            row.requested_by,
            row.expires_at,
            format_html(
                '<a href="{}">{}</a>', reverse("console:catalog_pricechangerequest_change", args=(row.pk,)), _("Look")
            ),
        )
        for row in PriceChangeRequest.objects.filter(listing=listing, state=PriceChangeState.HELD)[:20]
    ]
    headers = (_("Price"), _("Kind"), _("Requested by"), _("Expires at"), "")
    return [Panel(_("Waits for approval"), table=Table(headers, rows))] if rows else []


def cycles(listing: ChannelListing, may_change: bool) -> list[Panel]:
    """Return the recurring prices of a listing, where it has some."""
    rows = [
        (
            format_html('<a href="{}">{}</a>', reverse("console:catalog_pricecycle_change", args=(row.pk,)), row.name),
            str(Money.rounded(row.price, listing.currency)),
            days_of(row),
            f"{row.starts_at:%H:%M} – {row.ends_at:%H:%M}",
            badge(_("waits for approval"), "warning") if row.is_held else "",
        )
        for row in PriceCycle.objects.filter(listing=listing, ended_at=None)[:50]
    ]
    headers = (_("Name"), _("Price"), _("On these days"), _("Hours"), "")
    return [Panel(_("Recurring prices"), table=Table(headers, rows))] if rows else []


def days_of(row: PriceCycle) -> str:
    """Return the weekdays of a recurring price in words."""
    runs: list[list[int]] = []
    for day in sorted(row.weekdays):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(text for run in runs for text in _days_in_words(run)) or str(_("every day"))


def _days_in_words(run: list[int]) -> list[str]:
    names = [str(Weekday(day).label) for day in run]
    return names if len(names) < SHORTEST_STRETCH else [f"{names[0]} – {names[-1]}"]


@admin.register(PriceCycle, site=site)
class PriceCycleAdmin(MerchantModelAdmin):
    """Prices that come back."""

    slug = "recurring-prices"
    policy = {"view": Capability.CATALOG_READ}
    intro = _("Prices that count in some hours of some days; the regular price is back afterwards by itself.")
    list_display = ("name", "product", "channel", "price_shown", "days", "hours", "state_shown")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), "listing__channel")
    list_select_related = ("listing__variant__product", "listing__channel")
    sortable_by = ()
    is_in_palette = False
    empty = EmptyState(
        title=_("No recurring prices yet"), text=_("Add one on the page of a listing."), icon="event_repeat"
    )
    acts = (
        Act(
            name="end",
            label=_("end"),
            demand=Capability.CATALOG_WRITE,
            explain=_("It comes back no more, and if it runs now, the regular price counts at once."),
            apply=lambda _request, row: services.end_price_cycle(cycle_id=row.pk, at=now()),
            fits=lambda row: row.ended_at is None,
            icon="event_busy",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("product"))
    def product(self, row: PriceCycle) -> str:
        variant = row.listing.variant
        return f"{variant.product.name} {variant.name} · {variant.sku}"

    @admin.display(description=_("channel"))
    def channel(self, row: PriceCycle) -> str:
        return row.listing.channel.name

    @admin.display(description=_("price"))
    def price_shown(self, row: PriceCycle) -> str:
        return str(Money.rounded(row.price, row.listing.currency))

    @admin.display(description=_("hours"))
    def hours(self, row: PriceCycle) -> str:
        return f"{row.starts_at:%H:%M} – {row.ends_at:%H:%M}"

    @admin.display(description=_("on these days"))
    def days(self, row: PriceCycle) -> str:
        return days_of(row)

    @admin.display(description=_("state"))
    def state_shown(self, row: PriceCycle) -> SafeString:
        if row.ended_at is not None:
            return badge(_("ended"), "neutral")
        return badge(_("waits for approval"), "warning") if row.is_held else badge(_("active"), "success")

    def panels(self, request: HttpRequest, row: PriceCycle) -> Sequence[Panel]:
        listing = row.listing
        link = format_html(
            '<a href="{}">{} · {}</a>',
            reverse("console:listing", args=(listing.pk,)),
            listing.variant.sku,
            listing.channel.name,
        )
        facts = [
            Fact(_("Listing"), link),
            Fact(_("Price"), str(Money.rounded(row.price, listing.currency))),
            Fact(_("On these days"), days_of(row)),
            Fact(_("Hours"), f"{row.starts_at:%H:%M} – {row.ends_at:%H:%M}"),
            Fact(_("Time zone"), row.time_zone),
            Fact(_("First day"), row.valid_from),
            Fact(_("Last day"), row.valid_until),
            Fact(_("State"), self.state_shown(row)),
        ]
        return [Panel(_("Recurring price"), facts=facts)]


@page
class WithdrawPrice(FormPage):
    """Let a price count no more."""

    name = "withdraw_price"
    path = "prices/<uuid:interval_id>/withdraw/"
    title = _("Withdraw a price")
    intro = _("It counts no more from now on, and what lies below it is in force at once. The history keeps it.")
    policy = Capability.CATALOG_WRITE
    submit = _("Withdraw")
    done = _("Withdrawn.")
    is_destructive = True
    parents = ((_("Listings"), "console:listing_matrix"),)

    class form_class(forms.Form):  # noqa: N801 - the name that FormPage reads
        """Nothing is asked."""

    @property
    def interval(self) -> PriceInterval:
        """The price of the address. Raises ``NotFoundError``."""
        rows = PriceInterval.objects.select_related("listing__variant", "listing__channel")
        found = rows.filter(pk=self.kwargs["interval_id"]).first()
        if found is None:
            raise NotFoundError(_("There is no such price."))
        interval: PriceInterval = found
        return interval

    def heading(self) -> str:
        interval = self.interval
        price = Money.rounded(interval.price, interval.listing.currency)
        return f"{self.title} · {interval.listing.variant.sku} · {interval.listing.channel.name} · {price}"

    def save(self, form: forms.Form) -> None:
        services.withdraw_price(interval_id=self.kwargs["interval_id"], at=now())

    def success_url(self) -> str:
        return reverse("console:listing", args=(self.interval.listing_id,))
