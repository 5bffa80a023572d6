"""Stock counts, on screen."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.inventory.console.lines import SkuLinesField
from channels.inventory.enums import CountState
from channels.inventory.models import CountLine, CycleCount
from channels.inventory.services import counting
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
from o2o.console.components import Table, state_badge
from o2o.console.forms import dress
from o2o.console.locations import location_choices
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

COUNTS = ((_("Stock counts"), "console:inventory_cyclecount_changelist"),)
MOST_LINES = 200


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
    sortable_by = ()
    export_columns = ("number", "location", "state", "reason", "opened_by", "created_at", "posted_by", "posted_at")
    acts = (
        Act(
            name="submit",
            label=_("hand in for review"),
            demand=Capability.STOCK_COUNT,
            explain=_("Nobody counts any more; somebody looks at the differences before they are posted."),
            apply=lambda _request, row: counting.submit_count(count_id=row.pk, at=now()),
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
        lines = list(row.lines.select_related("variant__product").order_by("variant__sku")[:MOST_LINES])
        counted = sum(line.counted is not None for line in lines)
        facts = [
            Fact(_("Location"), row.location.name),
            Fact(_("State"), state_badge(row)),
            Fact(_("Counted"), f"{counted} / {len(lines)}"),
            Fact(_("Recount above a difference of"), row.recount_above),
            Fact(_("Reason"), row.reason),
            Fact(_("Opened by"), row.opened_by),
        ]
        may_review = request.actor.may(Capability.STOCK_WRITE)  # type: ignore[attr-defined]
        links = []
        if row.state == CountState.OPEN:
            links.append((reverse("console:record_count", args=(row.pk,)), _("Count")))
        if row.state == CountState.REVIEW and may_review:
            links.append((reverse("console:review_count", args=(row.pk,)), _("Review the differences")))
        if links:
            facts.append(Fact(_("What you can do"), format_html_join(" · ", '<a href="{}">{}</a>', links)))
        return [Panel(_("Stock count"), facts=facts), _lines(row, lines, shows_expected=may_review)]


def _lines(row: CycleCount, lines: Sequence[CountLine], *, shows_expected: bool) -> Panel:
    """Return the lines. Who only counts does not see what is expected, so that it is really counted."""
    differing = sorted(lines, key=lambda line: -_value(line)) if shows_expected else lines
    rows = [
        (
            line.variant.sku,
            line.variant.product.name,
            line.counted,
            line.recounted,
            *((line.expected, variance_badge(line)) if shows_expected else ()),
            line.counted_by,
        )
        for line in differing
    ]
    expected = (_("Expected"), _("Difference")) if shows_expected else ()
    headers = (_("SKU"), _("Name"), _("Counted"), _("Recounted"), *expected, _("Counted by"))
    return Panel(
        _("Lines"),
        table=Table(headers, rows),
        note=_("The costliest differences come first.") if shows_expected else "",
    )


def _value(line: CountLine) -> float:
    return abs(line.variance or 0) * float(line.variant.cost or 1)


def variance_badge(line: CountLine) -> SafeString | str:
    """Return the difference of a line and what was said of it."""
    if line.variance is None:
        return "–"
    if not line.variance:
        return badge("0", "success")
    word = {None: "", True: _("accepted"), False: _("refused")}[line.is_accepted]
    return badge(f"{line.variance:+d} {word}".strip(), "warning" if line.is_accepted is None else "info")


class OpenCountForm(ConsoleForm):
    """Where and what."""

    location_id = forms.ChoiceField(label=_("Location"), choices=())
    skus = forms.CharField(
        label=_("SKUs"), required=False, widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("One in a line. Empty: everything that the location has."),
    )  # fmt: skip
    recount_above = forms.IntegerField(
        label=_("Recount above a difference of"), min_value=0, max_value=100_000, initial=0,
        help_text=_("Units; lines beyond it are counted a second time."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location_id"].choices = list(location_choices())


@page
class OpenCount(FormPage):
    """Begin a count."""

    name = "open_count"
    path = "stock-counts/new/"
    title = _("Begin a count")
    policy = Capability.STOCK_COUNT
    form_class = OpenCountForm
    submit = _("Begin")
    parents = COUNTS

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        skus = data["skus"].split()
        variants = list(counting.variants_of_skus(skus).values()) if skus else None
        self.made = counting.open_count(
            location_id=UUID(data["location_id"]), variant_ids=variants, recount_above=data["recount_above"],
            reason=data["reason"], at=now(),
        )  # fmt: skip

    def success_url(self) -> str:
        return reverse("console:inventory_cyclecount_change", args=(self.made.pk,))


class CountPage(FormPage):
    """A page about one count."""

    parents = COUNTS

    @property
    def count(self) -> CycleCount:
        """The count of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[CycleCount].get_object(self.request, str(self.kwargs["count_id"]))
        return found

    def heading(self) -> str:
        return f"{self.title} · {self.count.number}"

    def success_url(self) -> str:
        return reverse("console:inventory_cyclecount_change", args=(self.kwargs["count_id"],))


class RecordForm(ConsoleForm):
    """What was found."""

    units = SkuLinesField(label=_("What you found"), required=False)
    nothing = forms.CharField(
        label=_("Of these there is nothing"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One SKU in a line."),
    )  # fmt: skip


@page
class RecordCount(CountPage):
    """Write down what was found."""

    name = "record_count"
    path = "stock-counts/<uuid:count_id>/count/"
    title = _("Count")
    intro = _(
        "Scan or type what lies there. A line that is counted a second time is a recount, and the later one counts."
    )
    policy = Capability.STOCK_COUNT
    form_class = RecordForm
    submit = _("Save what was found")
    done = _("Saved. Lines that differ too much wait for a second count.")

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        none = dict.fromkeys(counting.variants_of_skus(data["nothing"].split()).values(), 0)
        counting.record_count(count_id=self.count.pk, units={**none, **data["units"]}, at=now())


class ReviewForm(ConsoleForm):
    """A word for each difference."""

    def __init__(self, *args: Any, lines: list[CountLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            field = forms.ChoiceField(
                label=f"{line.variant.sku} · {line.expected} → {line.found} ({line.variance:+d})",
                choices=[("accept", _("accept")), ("refuse", _("refuse, the stock stays"))],
            )
            self.fields[str(line.pk)] = field
            dress(field)


@page
class ReviewCount(CountPage):
    """Accept or refuse the differences."""

    name = "review_count"
    path = "stock-counts/<uuid:count_id>/review/"
    title = _("Review the differences")
    intro = _("Only accepted differences are posted. Nothing changes before you post the count.")
    policy = Capability.STOCK_WRITE
    form_class = ReviewForm
    done = _("Saved. Post the count when you are done.")

    def form_kwargs(self) -> dict[str, Any]:
        lines = self.count.lines.select_related("variant").order_by("variant__sku")
        return {"lines": [line for line in lines if line.variance]}

    def save(self, form: ReviewForm) -> None:
        for word in ("accept", "refuse"):
            chosen = [line.pk for line in form.lines if form.cleaned_data[str(line.pk)] == word]
            counting.review_lines(count_id=self.count.pk, line_ids=chosen, is_accepted=word == "accept", at=now())


@home_card(Capability.STOCK_WRITE, order=32)
def counts_to_review(request: HttpRequest) -> HomeCard | None:
    """Counts whose differences somebody must look at."""
    waiting = CycleCount.objects.filter(state=CountState.REVIEW)
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
