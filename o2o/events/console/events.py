"""The events of a merchant and the deliveries that were given up, on screen."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

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
    PlatformModelAdmin,
    home_card,
    platform_site,
    site,
)
from o2o.console.components import Stat, Table, pretty_json, state_badge
from o2o.console.overview import overview_stats
from o2o.console.policy import OPERATORS
from o2o.events.dead_letters import discard_dead_letter, replay_dead_letter
from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery, OutboxEvent
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

SHOWN_ON_HOME = 5


@admin.register(OutboxEvent, site=site)
class EventAdmin(MerchantModelAdmin):
    """Everything that happened, as it was told to the other parts."""

    slug = "events"
    nav = Nav(NavGroup.SETTINGS, "bolt", 50)
    policy = {"view": Capability.EVENTS_READ}
    intro = _("What happened, in order, as the other parts of the system and your webhooks were told.")
    list_display = ("event_type", "aggregate_type", "aggregate_id", "occurred_at", "published_at")
    list_filter = ("event_type", ("occurred_at", admin.DateFieldListFilter))
    search_fields = ("event_type", "=aggregate_id")
    search_help_text = _("Type, or id of a thing")
    ordering = ("-position",)
    sortable_by = ()
    is_in_palette = False
    export_columns = (
        "position",
        "event_type",
        "version",
        "aggregate_type",
        "aggregate_id",
        "occurred_at",
        "published_at",
    )
    empty = EmptyState(
        title=_("Nothing has happened yet"),
        text=_("Orders, stock movements and the like write their events here as soon as there are some."),
        icon="bolt",
    )

    def panels(self, request: HttpRequest, row: OutboxEvent) -> Sequence[Panel]:
        same = reverse("console:events_outboxevent_changelist") + f"?q={row.aggregate_id}"
        deliveries = row.deliveries.order_by("subscriber")
        return [
            Panel(
                _("Event"),
                facts=[
                    Fact(_("Type"), f"{row.event_type} v{row.version}", is_code=True),
                    Fact(_("Thing"), format_html('{} <a href="{}">{}</a>', row.aggregate_type, same, row.aggregate_id)),
                    Fact(_("Occurred at"), row.occurred_at),
                    Fact(_("Published at"), row.published_at),
                    Fact(_("Request"), row.request_id, is_code=True),
                ],
            ),
            Panel(_("Content"), code=pretty_json(row.payload)),
            Panel(
                _("Subscribers"),
                table=Table(
                    headers=(_("Subscriber"), _("State"), _("Attempts"), _("Settled at"), _("Last error")),
                    rows=[
                        (
                            delivery.subscriber,
                            state_badge(delivery),
                            str(delivery.attempts),
                            delivery.settled_at,
                            delivery.last_error[:200],
                        )
                        for delivery in deliveries
                    ],
                    empty=_("Nothing in the system waits for events of this type."),
                ),
            ),
        ]


@home_card(Capability.EVENTS_READ, order=10)
def dead_letters(request: HttpRequest) -> HomeCard | None:
    """Events that a part of the system could not take in."""
    dead = EventDelivery.objects.filter(state=DeliveryState.DEAD).select_related("event")
    found = list(dead.order_by("-position")[: SHOWN_ON_HOME + 1])
    if not found:
        return None
    lines = [
        CardLine(
            delivery.event.event_type,
            delivery.subscriber,
            reverse("console:events_eventdelivery_change", args=(delivery.pk,)),
        )
        for delivery in found[:SHOWN_ON_HOME]
    ]
    url = reverse("console:events_eventdelivery_changelist")
    return HomeCard(_("Events that could not be worked off"), lines, url, _("All dead letters"), "report", "danger")


@admin.register(EventDelivery, site=site)
class DeadLetterAdmin(MerchantModelAdmin):
    """Events that a subscriber could not take in, after all its tries."""

    slug = "dead-letters"
    nav = Nav(NavGroup.SETTINGS, "report", 51)
    title = _("dead letters")
    policy = {"view": Capability.EVENTS_READ}
    intro = _("Events that a part of the system gave up on. Mend the cause, then send them again.")
    list_display = ("event", "subscriber", "attempts", "error", "settled_at")
    list_filter = ("subscriber",)
    list_select_related = ("event",)
    search_fields = ("subscriber", "event__event_type")
    ordering = ("-position",)
    sortable_by = ()
    is_in_palette = False
    export_columns = ("event", "subscriber", "attempts", "last_error", "settled_at")
    empty = EmptyState(
        title=_("No dead letters"),
        text=_("Every event was taken in by every part that waits for it."),
        icon="mark_email_read",
    )

    acts = (
        Act(
            name="replay",
            label=_("send again"),
            demand=Capability.JOBS_WRITE,
            explain=_(
                "The event is delivered again, with all tries before it."
                " Later events of the same thing may have gone first."
            ),
            apply=lambda _request, delivery: replay_dead_letter(delivery_id=delivery.pk, at=now()),
            icon="replay",
        ),
        Act(
            name="discard",
            label=_("give up for good"),
            demand=Capability.JOBS_WRITE,
            explain=_("This part of the system never learns of the event. This cannot be undone."),
            apply=lambda _request, delivery: discard_dead_letter(delivery_id=delivery.pk, at=now()),
            icon="delete_forever",
            is_destructive=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return what was given up."""
        return super().get_queryset(request).filter(state=DeliveryState.DEAD)

    @admin.display(description=_("last error"))
    def error(self, delivery: EventDelivery) -> str:
        return delivery.last_error[:120]

    @admin.display(description=_("state"))
    def state(self, delivery: EventDelivery) -> SafeString:
        return state_badge(delivery)

    def panels(self, request: HttpRequest, row: EventDelivery) -> Sequence[Panel]:
        event = reverse("console:events_outboxevent_change", args=(row.event_id,))
        return [
            Panel(
                _("Dead letter"),
                facts=[
                    Fact(_("Event"), format_html('<a href="{}">{}</a>', event, row.event)),
                    Fact(_("Subscriber"), row.subscriber, is_code=True),
                    Fact(_("State"), state_badge(row)),
                    Fact(_("Attempts"), str(row.attempts)),
                    Fact(_("Given up at"), row.settled_at),
                ],
            ),
            Panel(_("Last error"), code=row.last_error or "–"),
            Panel(_("Content"), code=pretty_json(row.event.payload)),
        ]


@admin.register(OutboxEvent, site=platform_site)
class OutboxAdmin(PlatformModelAdmin):
    """The events of all merchants."""

    slug = "outbox"
    nav = Nav(NavGroup.PLATFORM, "outbox", 30)
    title = _("outbox")
    policy = {"view": OPERATORS}
    list_display = ("position", "merchant", "event_type", "partition", "occurred_at", "published_at")
    list_filter = (("published_at", admin.EmptyFieldListFilter),)
    list_select_related = ("merchant",)
    search_fields = ("event_type", "merchant__name")
    ordering = ("-position",)
    sortable_by = ()
    is_in_palette = False
    fields = ("position", "merchant", "event_type", "aggregate_type", "aggregate_id", "occurred_at", "published_at")


@admin.register(EventDelivery, site=platform_site)
class PlatformDeliveryAdmin(PlatformModelAdmin):
    """The deliveries of all merchants that are dead or on their way."""

    slug = "deliveries"
    nav = Nav(NavGroup.PLATFORM, "report", 31)
    policy = {"view": OPERATORS}
    list_display = ("event", "merchant", "subscriber", "state", "attempts", "next_attempt_at", "settled_at")
    list_filter = ("state",)
    list_select_related = ("event", "merchant")
    search_fields = ("subscriber", "merchant__name")
    ordering = ("-position",)
    sortable_by = ()
    is_in_palette = False
    fields = ("event", "merchant", "subscriber", "state", "attempts", "next_attempt_at", "last_error", "settled_at")


@overview_stats
def outbox() -> Iterable[Stat]:
    """What waits and what was given up."""
    waiting = OutboxEvent.objects.filter(published_at=None).count()
    dead = EventDelivery.objects.filter(state=DeliveryState.DEAD).count()
    letters = reverse("platform:events_eventdelivery_changelist") + "?state__exact=dead"
    yield Stat(_("Events to publish"), waiting, _("over all merchants"), "warning" if waiting else "neutral")
    yield Stat(_("Dead letters"), dead, _("over all merchants"), "danger" if dead else "neutral", letters)
