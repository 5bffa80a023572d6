"""Stock counts, on screen."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, DecimalField, F, Q, Value
from django.db.models.functions import Abs, Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.inventory.console.places import goods_of, stores_of
from channels.inventory.enums import CountState
from channels.inventory.models import CountLine, CycleCount
from channels.inventory.services import counting
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
from o2o.console.components import Table, state_badge
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

MOST_LINES = 200
BUTTON = '<a class="o2o-button" href="{}">{}</a>'
# What was found beyond what was expected, at cost, the largest first; one unit where no cost is known.
COSTLIEST = (
    Abs(Coalesce("recounted", "counted") - F("expected"))
    * Coalesce("variant__cost", Value(1), output_field=DecimalField())
).desc(nulls_last=True)


def hand_in(request: HttpRequest, row: CycleCount) -> CycleCount:
    """Hand a count in, and say so where lines must be counted a second time first."""
    count = counting.submit_count(count_id=row.pk, at=now())
    if count.state == CountState.OPEN:
        messages.warning(request, _("Some lines differ too much: count these a second time, then hand it in again."))
    return count


@admin.register(CycleCount, site=site)
class CountAdmin(MerchantModelAdmin):
    """Sessions in which stock is counted."""

    slug = "stock-counts"
    nav = Nav(NavGroup.CHANNELS, "fact_check", 34)
    location_field = "location"
    policy = {"view": Capability.STOCK_COUNT}
    intro = _("Count, count again what differs, review, post. You can go on selling meanwhile.")
    list_display = ("number", "location", "state_shown", "reason", "opened_by", "created_at", "posted_at")
    list_filter = ("state", "location")
    list_select_related = ("location",)
    search_fields = ("number",)
    search_help_text = _("Number")
    sortable_by = ()
    export_columns = ("number", "location", "state", "reason", "opened_by", "created_at", "posted_by", "posted_at")
    acts = (
        Act(
            name="submit",
            label=_("hand in for review"),
            demand=Capability.STOCK_COUNT,
            explain=_(
                "Somebody looks at the differences before they are posted. Lines that differ by more than the count"
                " allows come back to be counted a second time."
            ),
            apply=hand_in,
            fits=lambda row: row.state == CountState.OPEN,
            icon="send",
        ),
        Act(
            name="reopen",
            label=_("count again"),
            demand=Capability.STOCK_WRITE,
            explain=_("The count goes back to the store; lines can be counted once more."),
            apply=lambda _request, row: counting.reopen_count(count_id=row.pk, at=now()),
            fits=lambda row: row.state == CountState.REVIEW,
            icon="undo",
        ),
        Act(
            name="post",
            label=_("post"),
            demand=Capability.STOCK_WRITE,
            explain=_("The accepted differences change the stock at once. This cannot be undone, only counted again."),
            apply=lambda _request, row: counting.post_count(count_id=row.pk, at=now()),
            fits=lambda row: row.state == CountState.REVIEW,
            icon="done_all",
        ),
        Act(
            name="cancel",
            label=_("cancel"),
            demand=Capability.STOCK_WRITE,
            explain=_("What was counted is kept, but changes nothing."),
            apply=lambda _request, row: counting.cancel_count(count_id=row.pk, at=now()),
            fits=lambda row: row.state in (CountState.OPEN, CountState.REVIEW),
            icon="cancel",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("state"))
    def state_shown(self, row: CycleCount) -> SafeString:
        return state_badge(row)

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.STOCK_COUNT)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("Nothing is being counted"),
            text=_("Begin a count of some variants, or of everything at a location."),
            icon="fact_check",
            url=reverse("console:open_count") if may_add else "",
            action=_("Begin a count"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the counts, with the way to a new one."""
        may_add = request.actor.may(Capability.STOCK_COUNT)  # type: ignore[attr-defined]
        links = [(_("Begin a count"), reverse("console:open_count"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: CycleCount) -> Sequence[Panel]:
        figures = row.lines.aggregate(
            all=Count("pk"),
            counted=Count("pk", filter=Q(counted__isnull=False)),
            again=Count("pk", filter=Q(needs_recount=True)),
        )
        facts = [
            Fact(_("Location"), row.location.name),
            Fact(_("State"), state_badge(row)),
            Fact(_("Counted"), f"{figures['counted']} / {figures['all']}"),
            Fact(_("Must be counted again"), str(figures["again"])),
            Fact(_("Recount above a difference of"), str(row.recount_above)),
            Fact(_("Reason"), row.reason),
            Fact(_("Opened by"), row.opened_by),
            Fact(_("Posted at"), row.posted_at, help=row.posted_by),
        ]
        may_review = request.actor.may(Capability.STOCK_WRITE)  # type: ignore[attr-defined]
        steps = []
        if row.state == CountState.OPEN:
            steps.append((reverse("console:record_count", args=(row.pk,)), _("Count")))
        if row.state == CountState.REVIEW and may_review:
            steps.append((reverse("console:review_count", args=(row.pk,)), _("Review the differences")))
        if steps:
            facts.append(Fact(_("What you can do"), format_html_join(" ", BUTTON, steps)))
        # While it is counted, nobody is told what is expected: neither who counts nor who counts along.
        return [
            Panel(_("Stock count"), facts=facts),
            _lines(row, shows_expected=may_review and row.state != CountState.OPEN),
        ]


def _lines(row: CycleCount, *, shows_expected: bool) -> Panel:
    """Return the lines, at most so many, with what is expected where it may be told."""
    found = row.lines.select_related("variant__product")
    lines = found.order_by(*((COSTLIEST,) if shows_expected else ()), "variant__sku")
    rows = [
        (
            *goods_of(line.variant),
            badge(_("count again"), "warning") if line.needs_recount else line.counted,
            line.recounted,
            *((line.expected, variance_badge(line)) if shows_expected else ()),
            line.counted_by,
        )
        for line in lines[:MOST_LINES]
    ]
    expected = (_("Expected"), _("Difference")) if shows_expected else ()
    headers = (_("SKU"), _("Name"), _("Counted"), _("Recounted"), *expected, _("Counted by"))
    note = _("The costliest differences come first.") if shows_expected else ""
    return Panel(_("Lines"), table=Table(headers, rows, empty=_("Nothing is in this count.")), note=note)


def variance_badge(line: CountLine) -> SafeString | str:
    """Return the difference of a line and what was said of it."""
    if line.variance is None:
        return "–"
    if not line.variance:
        return badge("0", "success")
    word = {None: "", True: _("accepted"), False: _("refused")}[line.is_accepted]
    return badge(f"{line.variance:+d} {word}".strip(), "warning" if line.is_accepted is None else "info")


@home_card(Capability.STOCK_WRITE, order=32)
def counts_to_review(request: HttpRequest) -> HomeCard | None:
    """Counts whose differences somebody must look at."""
    waiting = CycleCount.objects.filter(state=CountState.REVIEW)
    if (stores := stores_of(request)) is not None:
        waiting = waiting.filter(location__in=stores)
    found = list(waiting.select_related("location").order_by("pk")[:5])
    if not found:
        return None
    lines = [
        CardLine(
            f"{row.number} · {row.location.name}",
            row.reason,
            reverse("console:inventory_cyclecount_change", args=(row.pk,)),
        )
        for row in found
    ]
    url = reverse("console:inventory_cyclecount_changelist") + "?state__exact=review"
    return HomeCard(_("Stock counts to review"), lines, url, _("All counts"), "fact_check", "warning")
