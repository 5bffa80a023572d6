"""Where the channels disagree, on screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.catalog import services
from channels.catalog.enums import DeviationKind
from channels.catalog.models import ChannelListing, Deviation
from o2o.console import (
    Act,
    CardLine,
    ConsoleForm,
    EmptyState,
    Fact,
    FormPage,
    HomeCard,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Panel,
    badge,
    home_card,
    page,
    site,
)
from o2o.console.components import Table
from o2o.kit.clock import now
from o2o.kit.errors import NotFoundError
from o2o.kit.money import Money
from o2o.tenancy.capabilities import Capability

STATES: Mapping[str, Mapping[str, Any]] = {
    "open": {"ended_at": None, "is_accepted": False},
    "accepted": {"ended_at": None, "is_accepted": True},
    "ended": {"ended_at__isnull": False},
    "all": {},
}


class StateFilter(admin.SimpleListFilter):
    """What is to be done, unless somebody asks for the rest."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return [("accepted", _("accepted")), ("ended", _("put right")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": _("open")}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Deviation]) -> QuerySet[Deviation]:
        return queryset.filter(**STATES.get(self.value() or "open", STATES["open"]))


def told(request: HttpRequest, row: Deviation, done: Deviation) -> HttpResponse:
    """Say what a fix did, on the page where it can be taken back."""
    if done.fix and "request" in done.fix:
        messages.warning(
            request, gettext("The new price looks like a mistake, so it waits until a colleague approves.")
        )
    else:
        text = gettext("From %(before)s to %(after)s. You can take it back here.")
        messages.info(request, text % {"before": row.found_text, "after": row.expected_text})
    return HttpResponseRedirect(reverse("console:catalog_deviation_change", args=(row.pk,)))


@admin.register(Deviation, site=site)
class DeviationAdmin(MerchantModelAdmin):
    """Where the channels disagree."""

    slug = "deviations"
    nav = Nav(NavGroup.CHANNELS, "difference", 42)
    policy = {"view": Capability.CATALOG_READ}
    intro = _(
        "Listings that disagree with their policy: price, visibility, text."
        " Put them right in one step, or say that it is meant."
    )
    list_display = ("product", "channel", "kind", "found_here", "wanted", "state_shown", "found_at")
    list_filter = (StateFilter, "kind", "listing__channel")
    list_select_related = ("listing__variant__product", "listing__channel")
    sortable_by = ()
    is_in_palette = False
    export_columns = (
        "listing__variant__sku",
        "listing__channel",
        "kind",
        "found_here",
        "wanted",
        "found_at",
        "ended_at",
        "is_accepted",
    )
    empty = EmptyState(
        title=_("All channels agree"),
        text=_("Set a policy, and the monitor tells where price, visibility or text of a product differ."),
        icon="verified",
    )
    acts = (
        Act(
            name="fix",
            label=_("put right"),
            demand=Capability.CATALOG_WRITE,
            explain=_(
                "Each listing becomes what stands behind the arrow. It can be taken back afterwards."
                " A price that would be an unusual jump waits for approval instead."
            ),
            apply=lambda _request, row: services.fix_deviation(
                deviation_id=row.pk, at=now(), after=str(row.evidence.get("expected", ""))
            ),
            fits=lambda row: row.ended_at is None,
            icon="build",
            answer=told,
        ),
        Act(
            name="accept",
            label=_("it is meant"),
            demand=Capability.CATALOG_WRITE,
            explain=_("It is quiet from now on, until something about it changes."),
            apply=lambda _request, row: services.accept_deviation(deviation_id=row.pk, at=now()),
            fits=lambda row: row.ended_at is None and not row.is_accepted,
            icon="notifications_off",
        ),
        Act(
            name="undo",
            label=_("take the fix back"),
            demand=Capability.CATALOG_WRITE,
            explain=_("The listing gets back what it had before, and is reported as deviating again."),
            apply=lambda _request, row: services.undo_fix(deviation_id=row.pk, at=now()),
            fits=lambda row: bool(row.fix) and "request" not in row.fix and row.undone_at is None,
            icon="undo",
            is_bulk=False,
        ),
    )

    @admin.display(description=_("product"))
    def product(self, row: Deviation) -> str:
        variant = row.listing.variant
        return f"{variant.product.name} {variant.name} · {variant.sku}"

    @admin.display(description=_("channel"))
    def channel(self, row: Deviation) -> str:
        return row.listing.channel.name

    @admin.display(description=_("found"))
    def found_here(self, row: Deviation) -> str:
        return row.found_text

    @admin.display(description=_("expected"))
    def wanted(self, row: Deviation) -> str:
        return row.expected_text

    @admin.display(description=_("state"))
    def state_shown(self, row: Deviation) -> SafeString:
        if row.ended_at is not None:
            return badge(_("put right"), "success")
        if row.fix and "request" in row.fix:
            return badge(_("waits for approval"), "warning")
        return badge(_("accepted"), "neutral") if row.is_accepted else badge(_("open"), "danger")

    def row_title(self, row: Deviation) -> str:
        return f"{row.listing.variant.sku} · {row.listing.channel.name}"

    def panels(self, request: HttpRequest, row: Deviation) -> Sequence[Panel]:
        return [Panel(_("Deviation"), facts=self._facts(request, row)), _beside(row), *_history(row)]

    def _facts(self, request: HttpRequest, row: Deviation) -> list[Fact]:
        until = parse_datetime(row.evidence["until"]) if row.evidence.get("until") else None
        facts = [
            Fact(_("Product"), self.product(row)),
            Fact(_("Channel"), row.listing.channel.name),
            Fact(_("Kind"), row.get_kind_display()),
            Fact(_("Found"), row.found_text),
            Fact(_("Expected"), row.expected_text),
            Fact(_("State"), self.state_shown(row)),
            Fact(_("Since"), row.found_at),
        ]
        if until is not None:
            help_text = _("A price for a time is behind it. Putting it right lasts as long as that.")
            facts.append(Fact(_("Ends by itself"), until, help=help_text))
        if row.ended_at is not None:
            facts.append(Fact(_("Ended at"), row.ended_at))
        if row.fix and "request" in row.fix:
            url = reverse("console:catalog_pricechangerequest_change", args=(row.fix["request"],))
            link = format_html('<a href="{}">{}</a>', url, _("Look at the price that waits"))
            facts.append(Fact(_("Fix"), link))
        may_accept = request.actor.may(Capability.CATALOG_WRITE)  # type: ignore[attr-defined]
        if may_accept and row.ended_at is None:
            url = reverse("console:accept_deviation", args=(row.pk,))
            facts.append(Fact(_("For a time"), format_html('<a href="{}">{}</a>', url, _("It is meant until …"))))
        return facts


def _beside(row: Deviation) -> Panel:
    """Return the listings of the variant in all channels, with what was compared."""
    listings = ChannelListing.objects.filter(variant=row.listing.variant).select_related("channel")
    reference = row.evidence.get("reference_channel_id")
    rows = []
    for listing in listings.order_by("channel__name"):
        is_it, is_reference = listing.pk == row.listing_id, str(listing.channel_id) == reference
        mark = badge(_("deviates"), "danger") if is_it and row.ended_at is None else ""
        rows.append(
            (
                format_html('<a href="{}">{}</a>', reverse("console:listing", args=(listing.pk,)), listing.channel),
                str(Money.rounded(listing.price, listing.currency)),
                listing.title or row.listing.variant.product.name,
                _("yes") if listing.is_visible else _("no"),
                badge(_("reference"), "info") if is_reference else mark,
            )
        )
    headers = (_("Channel"), _("Price"), _("Title"), _("Visible"), "")
    return Panel(_("Side by side"), note=_measured(row), table=Table(headers, rows))


def _measured(row: Deviation) -> str:
    evidence: dict[str, Any] = row.evidence
    if row.kind == DeviationKind.BELOW_FLOOR:
        return gettext("The price %(price)s is below the floor of %(floor)s.") % evidence
    if row.kind == DeviationKind.PRICE and "lowest" in evidence:
        text = gettext(
            "The reference costs %(reference_price)s; with an intended difference of %(difference_percent)s %% and a"
            " tolerance of %(tolerance_percent)s %% a price from %(lowest)s to %(highest)s is right."
        )
        return text % evidence
    return ""


def _history(row: Deviation) -> list[Panel]:
    facts = []
    if row.accepted_at is not None:
        facts += [
            Fact(_("Accepted by"), row.accepted_by),
            Fact(_("Accepted at"), row.accepted_at),
            Fact(_("Accepted until"), row.accepted_until or _("something about it changes")),
            Fact(_("Note"), row.note),
        ]
    if row.fixed_at is not None:
        facts += [Fact(_("Put right by"), row.fixed_by), Fact(_("Put right at"), row.fixed_at)]
    if row.undone_at is not None:
        facts.append(Fact(_("Taken back at"), row.undone_at))
    return [Panel(_("What was done"), facts=facts)] if facts else []


class AcceptForm(ConsoleForm):
    """Until when, and why."""

    until = forms.SplitDateTimeField(
        label=_("Until"), required=False, help_text=_("Empty: until something about it changes.")
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


@page
class AcceptDeviation(FormPage):
    """Say that a deviation is meant for some time."""

    name = "accept_deviation"
    path = "deviations/<uuid:deviation_id>/accept/"
    title = _("It is meant")
    intro = _("It is quiet until the time that you give, or until something about it changes.")
    policy = Capability.CATALOG_WRITE
    form_class = AcceptForm
    done = _("Saved.")
    parents = ((_("deviations"), "console:catalog_deviation_changelist"),)

    def heading(self) -> str:
        rows = Deviation.objects.select_related("listing__variant", "listing__channel")
        row = rows.filter(pk=self.kwargs["deviation_id"]).first()
        if row is None:
            raise NotFoundError(_("There is no such deviation."))
        return f"{self.title} · {row}"

    def save(self, form: forms.Form) -> None:
        services.accept_deviation(deviation_id=self.kwargs["deviation_id"], at=now(), **form.cleaned_data)

    def success_url(self) -> str:
        return reverse("console:catalog_deviation_change", args=(self.kwargs["deviation_id"],))


@home_card(Capability.CATALOG_WRITE, order=14)
def open_deviations(request: HttpRequest) -> HomeCard | None:
    """Listings that disagree with their policy."""
    wrong = Deviation.objects.filter(ended_at=None, is_accepted=False)
    found = list(wrong.select_related("listing__variant", "listing__channel").order_by("-pk")[:5])
    if not found:
        return None
    lines = [
        CardLine(
            f"{row.listing.variant.sku} · {row.listing.channel.name}",
            row.get_kind_display(),
            reverse("console:catalog_deviation_change", args=(row.pk,)),
        )
        for row in found
    ]
    url = reverse("console:catalog_deviation_changelist")
    return HomeCard(_("Channels that disagree"), lines, url, _("All deviations"), "difference", "warning")
