"""The stock matrix, and the waterfall that explains each number."""

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Category, Variant
from channels.inventory.selectors import explain_available
from channels.inventory.selectors.matrix import matrix_rows, short_variants, variants_matching
from channels.stores.models import ChannelLocation, SalesChannel, StockLocation
from o2o.console import Nav, NavGroup, Page, page
from o2o.kit.clock import now
from o2o.kit.errors import NotFoundError
from o2o.tenancy.capabilities import Capability

ROWS = 40
MOST_LOCATIONS = 30


def id_or_none(text: str | None) -> uuid.UUID | None:
    """Return an id of an address, or None where it holds none."""
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


@page
class StockMatrix(Page):
    """Variants × locations: what is there, what is free, and what a channel can promise."""

    name = "stock_matrix"
    path = "stock/"
    title = _("Stock matrix")
    nav = Nav(NavGroup.CHANNELS, "inventory_2", 20)
    policy = Capability.STOCK_READ
    template = "inventory/matrix.html"
    intro = _(
        "What is free at each location, and on hand behind it. Press the number of the channel to see why it is that."
    )

    def context(self) -> dict[str, Any]:
        """Return one page of variants; four or five queries, however many variants there are."""
        asked = self.request.GET
        channels = list(SalesChannel.objects.filter(is_active=True).order_by("name"))
        channel = next(
            (one for one in channels if str(one.pk) == asked.get("channel")), channels[0] if channels else None
        )
        cities = sorted(set(StockLocation.objects.filter(is_active=True).values_list("city", flat=True)))
        locations = self._locations(channel)
        ids = [location.pk for location in locations]
        text, category = asked.get("q", "").strip(), id_or_none(asked.get("category"))
        found = variants_matching(text=text, category_id=category)
        if asked.get("short"):
            found = short_variants(found, ids)
        rows, after = self._page(found)
        chosen = {name: asked[name] for name in ("q", "category", "city", "channel", "short") if asked.get(name)}
        return {
            "rows": matrix_rows(variants=rows, location_ids=ids, channel_id=channel.pk if channel else None, at=now()),
            "locations": locations,
            "channel": channel,
            "channels": channels,
            "cities": [city for city in cities if city],
            "categories": Category.objects.order_by("path")[:300],
            "asked": asked,
            "next_url": f"?{urlencode({**chosen, 'after': after})}" if after else "",
            "first_url": f"?{urlencode(chosen)}" if asked.get("after") else "",
        }

    def _locations(self, channel: SalesChannel | None) -> list[StockLocation]:
        found = StockLocation.objects.filter(is_active=True)
        if channel is not None:
            found = found.filter(pk__in=ChannelLocation.objects.filter(channel=channel).values("location_id"))
        if self.request.GET.get("city"):
            found = found.filter(city=self.request.GET["city"])
        if self.actor.location_ids is not None:
            found = found.filter(pk__in=self.actor.location_ids)
        return list(found.order_by("city", "name")[:MOST_LOCATIONS])

    def _page(self, found: Any) -> tuple[Sequence[Variant], str]:
        after = self.request.GET.get("after", "")
        rows = list((found.filter(sku__gt=after) if after else found)[: ROWS + 1])
        return rows[:ROWS], rows[ROWS - 1].sku if len(rows) > ROWS else ""


@page
class StockWaterfall(Page):
    """Why a channel can promise what it can of a variant, term by term."""

    name = "stock_waterfall"
    path = "stock/why/<uuid:variant_id>/<uuid:sales_channel_id>/"
    title = _("Why is it this number?")
    policy = Capability.STOCK_READ
    template = "inventory/waterfall.html"
    parents = ((_("Stock"), "console:stock_matrix"),)

    def get(self) -> HttpResponse:
        """Answer as a page of its own, or as the side panel of the matrix that asked for it."""
        if self.request.headers.get("HX-Request"):
            context = {**self.context(), "is_panel": True}
            return TemplateResponse(self.request, "inventory/waterfall_panel.html", context)
        return self.render()

    def context(self) -> dict[str, Any]:
        """Return the terms. Raises ``NotFoundError`` for a variant or channel that is not there."""
        variant_id, channel_id = self.kwargs["variant_id"], self.kwargs["sales_channel_id"]
        variant = Variant.objects.select_related("product").filter(pk=variant_id).first()
        channel = SalesChannel.objects.filter(pk=channel_id).first()
        if variant is None or channel is None:
            raise NotFoundError(_("There is no such variant or channel."))
        waterfall = explain_available(variant_id=variant_id, channel_id=channel_id, at=now())
        return {
            "variant": variant,
            "channel": channel,
            "waterfall": waterfall,
            "movements_url": reverse("console:inventory_stockmovement_changelist") + f"?q={variant.sku}",
        }
