"""Small parts that several pages of orders show."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timeuntil
from django.utils.translation import gettext_lazy as _

from channels.orders.models import FulfillmentOrder, Order
from o2o.console.components import Table, Text, Tone, badge, state_badge
from o2o.kit import clock
from o2o.kit.money import Money

SOON_MINUTES = 5
NOTHING = (None, "", "–", 0)


def money(amount: Decimal, currency: str) -> str:
    """Return an amount with all places of its currency."""
    return str(Money.rounded(amount, currency))


def link(row: Any, text: Text | None = None) -> SafeString:
    """Return a link to the page of a row."""
    name = f"console:{row._meta.app_label}_{row._meta.model_name}_change"
    return format_html('<a href="{}">{}</a>', reverse(name, args=(row.pk,)), text or str(row))


def links(*pairs: tuple[str, Text]) -> SafeString:
    """Return several links in one line."""
    return format_html_join(" · ", '<a href="{}">{}</a>', pairs)


def page_link(name: str, row: Any, text: Text) -> tuple[str, Text]:
    """Return address and text of a page about a row."""
    return reverse(f"console:{name}", args=(row.pk,)), text


def accept_by_badge(fulfillment: FulfillmentOrder) -> SafeString | str:
    """Return how long a store may still take to accept, and nothing once it has."""
    if fulfillment.state != "open" or fulfillment.accept_by is None:
        return ""
    at = clock.now()
    if fulfillment.accept_by <= at:
        return badge(_("overdue"), "danger")
    left = fulfillment.accept_by - at
    tone: Tone = "warning" if left.total_seconds() <= SOON_MINUTES * 60 else "info"
    return badge(_("accept within %(time)s") % {"time": timeuntil(fulfillment.accept_by, at, depth=1)}, tone)


def place_of(fulfillment: FulfillmentOrder) -> SafeString | str:
    """Return the store of a fulfilment, or the queue in which it waits for one."""
    if fulfillment.location is not None:
        return fulfillment.location.name
    return badge(fulfillment.get_queue_display() or _("waits for a location"), "warning")


def places_of(order: Order) -> SafeString:
    """Return where the parts of an order are made ready, with the state of each."""
    parts = [part for part in order.fulfillments.all() if part.state not in ("cancelled", "rejected")]
    return format_html_join(" ", "{} {}", ((place_of(part), state_badge(part)) for part in parts))


def table_of(headers: Sequence[Text], rows: Sequence[Sequence[Any]], *, empty: Text = "") -> Table:
    """Return a table without the columns in which no row says anything, so that the others have room."""
    said = [any(row[place] not in NOTHING for row in rows) or not rows for place in range(len(headers))]
    kept = [place for place, has_something in enumerate(said) if has_something]
    return Table([headers[place] for place in kept], [[row[place] for place in kept] for row in rows], empty=empty)
