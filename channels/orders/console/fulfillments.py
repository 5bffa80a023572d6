"""What stores have to do for orders: accept, prepare, hand over."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from channels.orders.console.parts import accept_by_badge, link, links, money, page_link, place_of
from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentOrder
from channels.orders.services import fulfilling
from channels.stores.enums import FulfillmentMethod
from o2o.console import Act, EmptyState, Fact, MerchantModelAdmin, Nav, NavGroup, Panel, site
from o2o.console.components import Table, state_badge
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability


def in_state(*states: FulfillmentState) -> Callable[[FulfillmentOrder], bool]:
    """Return what says whether a fulfilment has a place and is in one of the states."""
    return lambda part: part.location_id is not None and part.state in states


def show_code(request: HttpRequest, part: FulfillmentOrder, ready: fulfilling.Ready) -> HttpResponse:
    """Show the code of a pickup, the only time that it can be shown; without one go back to the fulfilment."""
    page = reverse("console:orders_fulfillmentorder_change", args=(part.pk,))
    if ready.code is None:
        return HttpResponseRedirect(page)
    context = {
        **site.each_context(request),
        "title": part.order.number,
        "note": gettext("Send the code to the customer now. It cannot be shown again."),
        "secrets": [(_("Pickup code"), ready.code.code), (_("Content of the QR code"), ready.code.token)],
        "breadcrumbs": [(_("Fulfilments"), reverse("console:orders_fulfillmentorder_changelist"))],
        "back": page,
    }
    return TemplateResponse(request, "console/secrets.html", context)


@admin.register(FulfillmentOrder, site=site)
class FulfillmentAdmin(MerchantModelAdmin):
    """The work of the stores."""

    slug = "fulfillments"
    nav = Nav(NavGroup.TODAY, "orders", 10)
    location_field = "location"
    policy = {"view": Capability.ORDERS_READ}
    intro = _("What stores have to accept, prepare and hand over. One that is not accepted in time goes to another.")
    list_display = ("order_number", "place", "method", "state_shown", "urgency", "units", "placed_at", "pickup_by")
    list_filter = ("state", "method", "queue", "location", ("accept_by", admin.EmptyFieldListFilter))
    list_select_related = ("order", "location")
    sortable_by = ()
    export_columns = (
        "order", "location", "method", "state", "queue", "attempt", "accept_by", "accepted_at", "ready_at",
        "pickup_by", "handed_over_at", "ended_at", "rejection_reason", "carrier", "tracking_number",
    )  # fmt: skip
    empty = EmptyState(
        title=_("Nothing to do"),
        text=_("Orders for your stores appear here as soon as the routing has chosen a location."),
        icon="orders",
    )
    acts = (
        Act(
            name="accept",
            label=pgettext_lazy("order", "accept"),
            demand=Capability.ORDERS_FULFIL,
            explain=_("The store takes the order on; the clock stops and the customer is told."),
            apply=lambda _request, part: fulfilling.accept(fulfillment_id=part.pk, at=now()),
            fits=in_state(FulfillmentState.OPEN),
            icon="check",
        ),
        Act(
            name="ready",
            label=_("mark as ready"),
            demand=Capability.ORDERS_FULFIL,
            explain=_("The goods lie ready. For a pickup the customer gets the code, and its time begins."),
            apply=lambda _request, part: fulfilling.mark_ready(fulfillment_id=part.pk, at=now()),
            fits=in_state(FulfillmentState.ACCEPTED),
            icon="inventory",
            answer=show_code,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[FulfillmentOrder]:
        """Return the fulfilments with the units of each."""
        queryset: QuerySet[FulfillmentOrder] = super().get_queryset(request)
        return queryset.prefetch_related("lines__order_line")

    def row_title(self, row: FulfillmentOrder) -> str:
        return f"{row.order.number} · {row.location or row.get_queue_display()}"

    @admin.display(description=_("order"))
    def order_number(self, part: FulfillmentOrder) -> str:
        return part.order.number

    @admin.display(description=_("location"))
    def place(self, part: FulfillmentOrder) -> SafeString | str:
        return place_of(part)

    @admin.display(description=_("state"))
    def state_shown(self, part: FulfillmentOrder) -> SafeString:
        return state_badge(part)

    @admin.display(description=_("accept by"))
    def urgency(self, part: FulfillmentOrder) -> SafeString | str:
        return accept_by_badge(part)

    @admin.display(description=_("units"))
    def units(self, part: FulfillmentOrder) -> int:
        return sum(line.quantity for line in part.lines.all())

    @admin.display(description=_("placed at"))
    def placed_at(self, part: FulfillmentOrder) -> Any:
        return part.order.placed_at

    def panels(self, request: HttpRequest, row: FulfillmentOrder) -> Sequence[Panel]:
        facts = [
            Fact(_("Order"), link(row.order)),
            Fact(_("Location"), place_of(row)),
            Fact(_("Method"), row.get_method_display()),
            Fact(_("State"), state_badge(row)),
            Fact(_("Accept by"), accept_by_badge(row) or row.accept_by),
            Fact(_("Accepted at"), row.accepted_at),
            Fact(_("Ready at"), row.ready_at),
            Fact(_("Handed over at"), row.handed_over_at),
        ]
        if row.method == FulfillmentMethod.PICKUP:
            facts.append(Fact(_("Pick up by"), row.pickup_by))
        if row.rejection_reason:
            facts.append(Fact(_("Reason of the rejection"), row.get_rejection_reason_display()))
        if row.tracking_number:
            facts.append(Fact(_("Parcel"), f"{row.carrier} {row.tracking_number}", is_code=True))
        if doable := _doable(request, row):
            facts.append(Fact(_("What you can do"), links(*doable)))
        return [Panel(_("Fulfilment"), facts=facts), _lines(row)]


def _lines(part: FulfillmentOrder) -> Panel:
    lines = part.lines.select_related("order_line__order").order_by("order_line__position")
    rows = [
        (
            line.order_line.sku,
            line.order_line.name,
            line.quantity,
            money(line.order_line.unit_price, line.order_line.order.currency),
        )
        for line in lines
    ]
    return Panel(_("Lines"), table=Table((_("SKU"), _("Name"), _("Units"), _("List price")), rows))


def _doable(request: HttpRequest, part: FulfillmentOrder) -> list[tuple[str, Any]]:
    if not request.actor.may(Capability.ORDERS_FULFIL) or part.location_id is None:  # type: ignore[attr-defined]
        return []
    found = []
    if part.state in (FulfillmentState.OPEN, FulfillmentState.ACCEPTED):
        found.append(page_link("reject_fulfillment", part, _("Reject")))
    is_carried = part.method in (FulfillmentMethod.SHIP, FulfillmentMethod.DELIVER)
    if is_carried and part.state in (FulfillmentState.ACCEPTED, FulfillmentState.READY):
        found.append(page_link("ship_fulfillment", part, _("Hand to the carrier")))
    if part.state == FulfillmentState.READY and part.method == FulfillmentMethod.PICKUP:
        found.append(page_link("hand_over_fulfillment", part, _("Hand over to the customer")))
        if not part.is_pickup_extended:
            found.append(page_link("extend_pickup", part, _("Extend the pickup")))
    return found
