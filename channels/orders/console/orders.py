"""The order board, and everything about one order."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.orders.console.parts import accept_by_badge, link, links, money, page_link, place_of, places_of, table_of
from channels.orders.console.telling import cause_of, grouped, paid_by, told
from channels.orders.enums import FulfillmentState, OrderState, PaymentKind, PaymentState, UnroutedQueue
from channels.orders.models import FulfillmentOrder, Order, OrderLine, RoutingDecision
from channels.orders.recipients import recipient_of
from channels.orders.selectors import orders_meant, orders_of_stores
from o2o.console import CardLine, EmptyState, Fact, HomeCard, MerchantModelAdmin, Nav, NavGroup, Panel, home_card, site
from o2o.console.components import Moment, Table, Tone, doer, state_badge
from o2o.console.locations import location_choices
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability

SHOWN_ON_HOME = 5
SHOWN_CANDIDATES = 30
DUE_MINUTES = 15

TONES: dict[str, Tone] = {
    "placed": "info",
    "paid": "success",
    "accepted": "success",
    "ready": "success",
    "handed_over": "success",
    "shipped": "success",
    "completed": "success",
    "unrouted": "warning",
    "reminded": "warning",
    "escalated": "warning",
    "pickup_reminded": "warning",
    "rejected": "danger",
    "cancelled": "danger",
    "pickup_released": "danger",
}


class AcceptByFilter(admin.SimpleListFilter):
    """Orders with a part that a store has not accepted in time, or soon will not have."""

    title = _("accept by")
    parameter_name = "accept_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("overdue", _("overdue")), ("soon", _("within 15 minutes")), ("open", _("waits for a store"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        at = clock.now()
        waiting = FulfillmentOrder.objects.filter(state=FulfillmentState.OPEN, accept_by__isnull=False)
        match self.value():
            case "overdue":
                waiting = waiting.filter(accept_by__lte=at)
            case "soon":
                waiting = waiting.filter(accept_by__lte=at + timedelta(minutes=DUE_MINUTES))
            case "open":
                pass
            case _other:
                return queryset
        return queryset.filter(pk__in=waiting.values("order_id"))


class QueueFilter(admin.SimpleListFilter):
    """Orders with a part that waits in one of the queues for a location."""

    title = _("waits because")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("any", _("any reason")), *UnroutedQueue.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if not self.value():
            return queryset
        waiting = FulfillmentOrder.objects.filter(location=None, state=FulfillmentState.OPEN)
        if self.value() != "any":
            waiting = waiting.filter(queue=self.value())
        return queryset.filter(pk__in=waiting.values("order_id"))


class StoreFilter(admin.SimpleListFilter):
    """Orders that were bought in a store, are fetched there or are made ready there."""

    title = _("store")
    parameter_name = "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(location_choices())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        store = self.value()
        known = store in dict(self.lookup_choices)
        return queryset.filter(orders_of_stores([UUID(store)])) if store and known else queryset


@admin.register(Order, site=site)
class OrderAdmin(MerchantModelAdmin):
    """The orders of all channels."""

    slug = "orders"
    nav = Nav(NavGroup.CHANNELS, "receipt_long", 10)
    policy = {"view": Capability.ORDERS_READ}
    intro = _("The orders of all channels, newest first. Filter by what a store has not accepted, or what waits.")
    list_display = ("number", "channel", "placed_at", "state_shown", "payment_shown", "method", "parts", "total_shown")
    list_filter = (
        AcceptByFilter,
        QueueFilter,
        "state",
        "payment_state",
        "method",
        "channel",
        StoreFilter,
        "is_historical",
    )
    list_select_related = ("channel",)
    search_fields = ("number",)
    search_help_text = _("Number, id in the channel or customer there, or how it begins")
    ordering = ("-placed_at", "-pk")
    sortable_by = ()
    export_columns = (
        "number", "channel", "external_id", "placed_at", "state", "payment_state", "method", "location",
        "currency", "subtotal", "discount_total", "shipping_total", "tax_total", "total", "paid_total",
        "cancelled_total", "refunded_total",
    )  # fmt: skip
    empty = EmptyState(
        title=_("No orders yet"),
        text=_("Orders from your channels appear here as they come in. Past ones can be imported from a file."),
        icon="receipt_long",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Return the orders, of the person's stores where they are bound to some."""
        parts = FulfillmentOrder.objects.select_related("location").order_by("pk")
        queryset: QuerySet[Order] = super().get_queryset(request).prefetch_related(Prefetch("fulfillments", parts))
        return queryset.filter(orders_of_stores(request.actor.location_ids))  # type: ignore[attr-defined]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Find by the beginning of the number, of the id in the channel or of the customer there."""
        return queryset.filter(orders_meant(search_term)), False

    @admin.display(description=_("state"))
    def state_shown(self, order: Order) -> SafeString:
        return state_badge(order)

    @admin.display(description=_("payment"))
    def payment_shown(self, order: Order) -> SafeString:
        return state_badge(order, "payment_state")

    @admin.display(description=_("made ready at"))
    def parts(self, order: Order) -> SafeString:
        return places_of(order)

    @admin.display(description=_("total"))
    def total_shown(self, order: Order) -> str:
        return money(order.total, order.currency)

    def panels(self, request: HttpRequest, row: Order) -> Sequence[Panel]:
        lines = list(row.lines.select_related("variant").prefetch_related("adjustments"))
        return [
            _summary(request, row),
            _lines(row, lines),
            _fulfillments(row),
            *_routing(row),
            _payments(row),
            *_returns(row),
            _timeline(row),
        ]


def _summary(request: HttpRequest, order: Order) -> Panel:
    facts = [
        Fact(_("Channel"), order.channel.name),
        Fact(_("Placed at"), order.placed_at),
        Fact(_("State"), state_badge(order)),
        Fact(_("Payment"), state_badge(order, "payment_state")),
        Fact(_("Method"), order.get_method_display()),
    ]
    if order.location is not None:
        facts.append(Fact(_("Store"), order.location.name))
    if order.external_id:
        facts.append(Fact(_("Id in the channel"), order.external_id, is_code=True))
    if order.promised_at:
        facts.append(Fact(_("Promised for"), order.promised_at))
    if order.note:
        facts.append(Fact(_("Note"), order.note))
    facts += [Fact(term, value) for term, value in recipient_of(order).shown()]
    facts += [
        Fact(_("List total"), money(order.subtotal, order.currency)),
        Fact(_("Discounts"), money(-order.discount_total, order.currency)),
        Fact(_("Shipping charge"), money(order.shipping_total, order.currency)),
        Fact(_("Tax on top"), money(order.tax_total, order.currency)),
        Fact(_("Total"), money(order.total, order.currency)),
    ]
    if order.cancelled_total:
        facts.append(Fact(_("Cancelled"), money(order.cancelled_total, order.currency)))
    if doable := _doable(request, order):
        facts.append(Fact(_("What you can do"), links(*doable)))
    return Panel(_("Order"), facts=facts)


def _doable(request: HttpRequest, order: Order) -> list[tuple[str, Any]]:
    actor = request.actor  # type: ignore[attr-defined]
    if not actor.may(Capability.ORDERS_WRITE):
        return []
    found = [page_link("order_note", order, _("Write a note"))]
    if order.state == OrderState.OPEN:
        found.append(page_link("cancel_order", order, _("Cancel units or all")))
        found.append(reverse_route(order))
    if order.payment_state in (PaymentState.UNPAID, PaymentState.PARTIALLY_PAID):
        found.append(page_link("order_payment", order, _("Note a payment")))
    if any(line.fulfilled > line.returned for line in order.lines.all()):
        found.append(page_link("request_return", order, _("Take something back")))
    return found


def reverse_route(order: Order) -> tuple[str, Any]:
    """Return the link that looks for a location again."""
    return page_link("route_order", order, _("Look for a location again"))


def _lines(order: Order, lines: Sequence[OrderLine]) -> Panel:
    rows = [
        (
            line.sku if line.variant_id else f"{line.sku} ({_('unknown')})",
            line.name,
            line.quantity,
            line.fulfilled,
            line.cancelled,
            line.returned,
            money(line.unit_price, order.currency),
            _discounts(order, line),
            money(line.total, order.currency),
        )
        for line in lines
    ]
    headers = (
        _("SKU"), _("Name"), _("Units"), _("Fulfilled"), _("Cancelled"), _("Returned"), _("List price"),
        _("Discount"), _("Total"),
    )  # fmt: skip
    return Panel(_("Lines"), table=table_of(headers, rows))


def _discounts(order: Order, line: OrderLine) -> str:
    parts = [
        f"{adjustment.get_kind_display()} {adjustment.reference} {money(-adjustment.amount, order.currency)}"
        for adjustment in line.adjustments.all()
    ]
    return "; ".join(parts) or "–"


def _fulfillments(order: Order) -> Panel:
    rows = [
        (
            link(part, place_of(part)),
            part.get_method_display(),
            state_badge(part),
            ", ".join(f"{line.order_line.sku} × {line.quantity}" for line in part.lines.all() if line.quantity),
            accept_by_badge(part) or part.accepted_at,
            part.handed_over_at,
            f"{part.carrier} {part.tracking_number}".strip(),
        )
        for part in order.fulfillments.select_related("location").prefetch_related("lines__order_line").order_by("pk")
    ]
    headers = (
        _("Location"),
        _("Method"),
        _("State"),
        _("Units"),
        _("Answer of the store"),
        _("Handed over"),
        _("Parcel"),
    )
    return Panel(_("Fulfilment"), table=table_of(headers, rows, empty=_("Nothing has been given to a location.")))


def _routing(order: Order) -> list[Panel]:
    """Return why the order went where it went, for the newest decision in full and for older ones in a line each."""
    decisions = list(order.routing.order_by("-pk")[:5])
    return [_decision(decision, is_newest=number == 0) for number, decision in enumerate(decisions)]


def _decision(decision: RoutingDecision, *, is_newest: bool) -> Panel:
    verdicts = decision.decision.get("verdicts", ())
    shown = sorted(verdicts, key=lambda verdict: verdict.get("outcome") != "won")
    note = _("Rule “%(rule)s”, because: %(cause)s. %(count)s locations were looked at.") % {
        "rule": decision.rule_name or _("best priority, then nearest"),
        "cause": cause_of(decision.cause),
        "count": len(verdicts),
    }
    rows = grouped(shown, limit=SHOWN_CANDIDATES if is_newest else 3)
    title = _("Why this location") if is_newest else _("An earlier decision")
    return Panel(title, note=note, table=Table((_("Location"), _("Why it won or lost")), rows))


def _payments(order: Order) -> Panel:
    rows = [
        (
            payment.get_kind_display(),
            paid_by(payment.method),
            money(payment.amount if payment.kind == PaymentKind.PAYMENT else -payment.amount, order.currency),
            payment.paid_at,
            payment.external_id,
            payment.note,
        )
        for payment in order.payments.all()
    ]
    headers = (_("Kind"), _("Paid by"), _("Amount"), _("Paid at"), _("Id of the payment"), _("Note"))
    return Panel(_("Payments"), table=table_of(headers, rows, empty=_("No payment has been noted.")))


def _returns(order: Order) -> list[Panel]:
    rows = [
        (link(row), state_badge(row), row.location and row.location.name, money(row.refund_total, order.currency))
        for row in order.returns.select_related("location")
    ]
    if not rows:
        return []
    return [Panel(_("Returns"), table=Table((_("Number"), _("State"), _("To"), _("Refund")), rows))]


def _timeline(order: Order) -> Panel:
    moments = [
        Moment(
            entry.occurred_at,
            entry.get_kind_display(),
            " · ".join(
                filter(None, (told(entry.details, order.currency), doer(entry.actor_label), entry.get_origin_display()))
            ),
            TONES.get(entry.kind, "neutral"),
        )
        for entry in order.timeline.order_by("-pk")[:200]
    ]
    return Panel(_("Timeline"), moments=moments)


@home_card(Capability.ORDERS_FULFIL, order=1)
def orders_to_accept(request: HttpRequest) -> HomeCard | None:
    """Parts of orders that a store must accept before their time is over, the most urgent first."""
    waiting = FulfillmentOrder.objects.filter(state=FulfillmentState.OPEN, accept_by__isnull=False)
    stores = request.actor.location_ids  # type: ignore[attr-defined]
    if stores is not None:
        waiting = waiting.filter(location__in=stores)
    found = list(waiting.select_related("order", "location").order_by("accept_by")[: SHOWN_ON_HOME + 1])
    if not found:
        return None
    lines = [
        CardLine(
            f"{part.order.number} · {part.location.name if part.location else ''}",
            accept_by_badge(part),
            reverse("console:orders_fulfillmentorder_change", args=(part.pk,)),
        )
        for part in found[:SHOWN_ON_HOME]
    ]
    url = reverse("console:orders_fulfillmentorder_changelist") + "?state__exact=open"
    return HomeCard(
        _("Orders that a store must accept"), lines, url, _("All of them"), "alarm", "warning",
        has_more=len(found) > SHOWN_ON_HOME,
    )  # fmt: skip


@home_card(Capability.ORDERS_WRITE, order=2)
def orders_without_location(request: HttpRequest) -> HomeCard | None:
    """Parts of orders that no location can fulfil now, the oldest first."""
    waiting = FulfillmentOrder.objects.filter(location=None, state=FulfillmentState.OPEN).select_related("order")
    stores = request.actor.location_ids  # type: ignore[attr-defined]
    if stores is not None:
        waiting = waiting.filter(order__location__in=stores)
    found = list(waiting.order_by("pk")[: SHOWN_ON_HOME + 1])
    if not found:
        return None
    lines = [
        CardLine(
            part.order.number, part.get_queue_display(), reverse("console:orders_order_change", args=(part.order_id,))
        )
        for part in found[:SHOWN_ON_HOME]
    ]
    url = reverse("console:orders_order_changelist") + "?queue=any"
    return HomeCard(
        _("Orders that wait for a location"), lines, url, _("All of them"), "wrong_location", "danger",
        has_more=len(found) > SHOWN_ON_HOME,
    )  # fmt: skip
