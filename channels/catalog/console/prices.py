"""Prices that wait for approval, on screen."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.catalog import services
from channels.catalog.enums import PriceChangeState
from channels.catalog.models import PriceChangeRequest
from o2o.console import (
    Act,
    CardLine,
    EmptyState,
    Fact,
    HomeCard,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Panel,
    badge,
    home_card,
    site,
)
from o2o.console.components import tone_of
from o2o.kit.clock import now
from o2o.kit.money import Money
from o2o.tenancy.capabilities import Capability


class WaitingFilter(admin.SimpleListFilter):
    """What waits, unless somebody asks for the rest."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        others = [choice for choice in PriceChangeState.choices if choice[0] != PriceChangeState.HELD]
        return [*others, ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": PriceChangeState.HELD.label}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PriceChangeRequest]) -> QuerySet[PriceChangeRequest]:
        state = self.value() or PriceChangeState.HELD
        return queryset if state == "all" else queryset.filter(state=state)


@admin.register(PriceChangeRequest, site=site)
class PriceRequestAdmin(MerchantModelAdmin):
    """Changes of price that looked wrong."""

    slug = "held-prices"
    nav = Nav(NavGroup.CHANNELS, "price_check", 43)
    policy = {"view": Capability.CATALOG_READ}
    intro = _(
        "Prices that differ far from what the variant cost before. They are in no channel until somebody else approves."
    )
    list_display = ("product", "channel", "change", "moved", "state_shown", "requested_by", "created_at", "expires_at")
    list_filter = (WaitingFilter, "listing__channel")
    list_select_related = ("listing__variant__product", "listing__channel")
    sortable_by = ()
    is_in_palette = False
    export_columns = (
        "listing__variant__sku",
        "listing__channel",
        "old_price",
        "price",
        "state",
        "requested_by",
        "settled_by",
    )
    empty = EmptyState(
        title=_("No price waits"), text=_("Prices that look like mistakes are held here."), icon="price_check"
    )
    acts = (
        Act(
            name="approve",
            label=_("approve"),
            demand=Capability.CATALOG_APPROVE,
            explain=_("The price is recorded, and in force as soon as its time has come. You cannot approve your own."),
            apply=lambda _request, row: services.approve_price_change(request_id=row.pk, at=now()),
            fits=lambda row: row.state == PriceChangeState.HELD,
            icon="check",
        ),
        Act(
            name="refuse",
            label=_("refuse"),
            demand=Capability.CATALOG_WRITE,
            explain=_("The price stays as it is."),
            apply=lambda _request, row: services.refuse_price_change(request_id=row.pk, at=now()),
            fits=lambda row: row.state == PriceChangeState.HELD,
            icon="close",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("product"))
    def product(self, row: PriceChangeRequest) -> str:
        variant = row.listing.variant
        return f"{variant.product.name} {variant.name} · {variant.sku}"

    @admin.display(description=_("channel"))
    def channel(self, row: PriceChangeRequest) -> str:
        return row.listing.channel.name

    @admin.display(description=_("price"))
    def change(self, row: PriceChangeRequest) -> str:
        return f"{_plain(row, row.old_price)} → {_money(row, row.price)}"

    @admin.display(description=_("change"))
    def moved(self, row: PriceChangeRequest) -> str:
        percent = row.evidence.get("change_percent")
        return "–" if percent is None else f"{percent:+.0f} %"

    @admin.display(description=_("state"))
    def state_shown(self, row: PriceChangeRequest) -> SafeString:
        return badge(row.get_state_display(), "warning" if row.state == PriceChangeState.HELD else tone_of(row.state))

    def row_title(self, row: PriceChangeRequest) -> str:
        return f"{row.listing.variant.sku} · {row.listing.channel.name}"

    def panels(self, request: HttpRequest, row: PriceChangeRequest) -> Sequence[Panel]:
        evidence: dict[str, Any] = row.evidence
        facts = [
            Fact(_("Product"), self.product(row)),
            Fact(_("Channel"), row.listing.channel.name),
            Fact(_("Price when it was asked for"), _money(row, row.old_price)),
            Fact(_("Price now"), _money(row, row.listing.price)),
            Fact(_("Wanted price"), _money(row, row.price)),
            Fact(_("Change"), self.moved(row)),
            Fact(_("From"), row.valid_from),
            Fact(_("Until"), row.valid_until),
            Fact(_("Kind"), row.get_layer_display()),
            Fact(_("Reason"), row.reason),
            Fact(_("Requested by"), row.requested_by),
            Fact(_("Expires at"), row.expires_at),
            Fact(_("State"), self.state_shown(row)),
            Fact(_("Settled by"), row.settled_by),
        ]
        alarm = [
            Fact(_("Measured by the price of a day before"), evidence.get("old")),
            Fact(_("Moves of this variant before, in all channels"), evidence.get("moves")),
            Fact(_("Their median, as a logarithm"), evidence.get("median")),
            Fact(_("Their usual spread"), evidence.get("spread")),
            Fact(
                _("Robust z of this move"),
                evidence.get("z"),
                help=_("Beyond 3.5 it is held; with few moves a change beyond 75 %."),
            ),
        ]
        return [Panel(_("Held price change"), facts=facts), Panel(_("Why it is held"), facts=alarm)]


def _money(row: PriceChangeRequest, amount: Decimal) -> str:
    return str(Money.rounded(amount, row.listing.currency))


def _plain(row: PriceChangeRequest, amount: Decimal) -> str:
    return f"{Money.rounded(amount, row.listing.currency).amount:f}"


@home_card(Capability.CATALOG_APPROVE, order=12)
def held_prices(request: HttpRequest) -> HomeCard | None:
    """Prices that wait for approval."""
    waiting = PriceChangeRequest.objects.filter(state=PriceChangeState.HELD)
    found = list(waiting.select_related("listing__variant", "listing__channel").order_by("pk")[:5])
    if not found:
        return None
    lines = [
        CardLine(
            f"{row.listing.variant.sku} · {row.listing.channel.name}",
            f"{_plain(row, row.old_price)} → {_plain(row, row.price)}",
            reverse("console:catalog_pricechangerequest_change", args=(row.pk,)),
        )
        for row in found
    ]
    url = reverse("console:catalog_pricechangerequest_changelist")
    return HomeCard(_("Prices that wait for approval"), lines, url, _("All held prices"), "price_check", "warning")
