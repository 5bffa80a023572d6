"""Sold out today, in one tap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Variant
from channels.inventory import services
from channels.inventory.console.matrix import id_or_none
from channels.inventory.console.places import own_choices, require_at
from channels.inventory.models import StockLevel
from channels.inventory.selectors.matrix import variants_matching
from channels.inventory.selectors.selling import sold_out_levels
from channels.stores.models import StockLocation
from o2o.console import Nav, NavGroup, Page, page
from o2o.kit.clock import now
from o2o.kit.errors import NotFoundError
from o2o.tenancy.capabilities import Capability

TILES = 60


@dataclass(frozen=True, slots=True)
class Tile:
    """A variant that somebody may tap."""

    variant: Variant
    until: datetime | None = None


@page
class SoldOutToday(Page):
    """What is sold out at a store today, and everything else, each one tap away."""

    name = "sold_out"
    path = "sold-out/"
    title = _("Sold out today")
    nav = Nav(NavGroup.CHANNELS, "block", 27)
    policy = Capability.STOCK_COUNT
    template = "inventory/sold_out.html"
    intro = _(
        "Tap what has run out: no channel promises it from that moment. It comes back by itself when the store's next"
        " business day begins; tap once more to bring it back earlier."
    )

    def context(self) -> dict[str, Any]:
        """Return a store's variants as tiles. Three queries beside the choice of the store."""
        choices, location = own_choices(self.actor), self._location()
        text = self.request.GET.get("q", "").strip()
        gone: Sequence[StockLevel] = []
        rest: Sequence[Variant] = []
        if location is not None:
            gone = list(sold_out_levels(location_id=location.pk, at=now())[: 2 * TILES])
            found = variants_matching(text=text).filter(levels__location=location)
            rest = list(found.exclude(pk__in=[level.variant_id for level in gone])[: TILES + 1])
        zone = ZoneInfo(location.time_zone) if location else None
        return {
            "locations": choices,
            "location": location,
            "query": text,
            "gone": [
                Tile(level.variant, level.sold_out_until and level.sold_out_until.astimezone(zone)) for level in gone
            ],
            "rest": [Tile(variant) for variant in rest[:TILES]],
            "has_more": len(rest) > TILES,
        }

    def post(self) -> HttpResponse:
        """Mark or restore one variant. Raises ``NotFoundError`` for a store of others and what is not there."""
        sent = self.request.POST
        location_id, variant_id = id_or_none(sent.get("location")), id_or_none(sent.get("variant"))
        location = StockLocation.objects.filter(pk=location_id).first() if location_id else None
        variant = Variant.objects.select_related("product").filter(pk=variant_id).first() if variant_id else None
        if location is None or variant is None:
            raise NotFoundError(gettext("There is no such variant or store."))
        require_at(self.actor, location.pk)
        chosen = {"location_id": location.pk, "variant_ids": [variant.pk], "at": now()}
        if sent.get("restore"):
            services.restore(**chosen)
            messages.success(self.request, gettext("%(name)s is on sale again.") % {"name": variant.product.name})
        else:
            until = services.mark_sold_out(**chosen).astimezone(ZoneInfo(location.time_zone))
            text = gettext("%(name)s is sold out until %(until)s.")
            messages.success(self.request, text % {"name": variant.product.name, "until": f"{until:%m-%d %H:%M}"})
        back = {"location": str(location.pk), "q": sent.get("q", "")}
        return HttpResponseRedirect(
            f"{reverse(self.url_name)}?{urlencode({name: text for name, text in back.items() if text})}"
        )

    def _location(self) -> StockLocation | None:
        """Return the store that was asked for, or the first of the person's. Raises ``NotFoundError``."""
        asked = self.request.GET.get("location")
        choices = own_choices(self.actor)
        if not asked:
            return StockLocation.objects.filter(pk=UUID(choices[0][0])).first() if choices else None
        if asked not in dict(choices):
            raise NotFoundError(gettext("There is no such store, or you work in others."))
        return StockLocation.objects.filter(pk=UUID(asked)).first()
