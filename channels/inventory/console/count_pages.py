"""The steps of a stock count: opened, counted blindly, reviewed and posted."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from channels.catalog.models import Category
from channels.catalog.selectors.searching import of_variants
from channels.inventory.console.places import goods_of, own_choices
from channels.inventory.console.steps import Check, CheckedPage
from channels.inventory.enums import CountState
from channels.inventory.models import CountLine, CycleCount
from channels.inventory.selectors.codes import codes_of_variants, variants_of_codes
from channels.inventory.selectors.counts import Difference, differences, preview
from channels.inventory.services import counting
from o2o.console import ConsoleForm, FormPage, badge, page, site
from o2o.console.components import Stat, Table
from o2o.kit.clock import now
from o2o.kit.errors import NotFoundError
from o2o.tenancy.actor import Actor
from o2o.tenancy.capabilities import Capability

COUNTS = ((_("Stock counts"), "console:inventory_cyclecount_changelist"),)
PAGE = 50
TO_COUNT = Q(counted=None) | Q(needs_recount=True)
MOST_UNITS = 1_000_000


class OpenCountForm(ConsoleForm):
    """Where and what."""

    location_id = forms.ChoiceField(label=_("Location"), choices=())
    category_id = forms.ChoiceField(
        label=_("Category"), choices=(), required=False, help_text=_("With everything below it.")
    )
    skus = forms.CharField(
        label=_("SKUs"), required=False, widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("One SKU or barcode in a line. Empty: everything that the location has."),
    )  # fmt: skip
    recount_above = forms.IntegerField(
        label=_("Recount above a difference of"), min_value=0, max_value=100_000, initial=0,
        help_text=_("Units; lines beyond it are counted a second time."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location_id"].choices = own_choices(actor)
        branches = Category.objects.order_by("path").values_list("pk", "name", "path")[:1000]
        self.fields["category_id"].choices = [
            ("", _("All")),
            *((str(pk), "\u2003" * (path.count("/") - 1) + name) for pk, name, path in branches),
        ]

    def clean_skus(self) -> list[UUID] | None:
        """Return the variants that are named, or None for all."""
        codes = self.cleaned_data["skus"].split()
        found = variants_of_codes(codes)
        if unknown := sorted(set(codes) - set(found)):
            raise forms.ValidationError(_("Nothing has the SKU or barcode “%(code)s”."), params={"code": unknown[0]})
        return list(set(found.values())) if codes else None


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

    def form_kwargs(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        self.made = counting.open_count(
            location_id=UUID(data["location_id"]), variant_ids=data["skus"], recount_above=data["recount_above"],
            category_id=UUID(data["category_id"]) if data["category_id"] else None, reason=data["reason"], at=now(),
        )  # fmt: skip

    def success_url(self) -> str:
        return reverse("console:record_count", args=(self.made.pk,))


class CountPage(CheckedPage):
    """A page about one count."""

    parents = COUNTS

    @property
    def count(self) -> CycleCount:
        """The count of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[CycleCount].get_object(self.request, str(self.kwargs["count_id"]))
        count: CycleCount = found
        return count

    def heading(self) -> str:
        return f"{self.title} · {self.count.number}"

    def success_url(self) -> str:
        return reverse("console:inventory_cyclecount_change", args=(self.kwargs["count_id"],))


class RecordForm(forms.Form):
    """What was found of each line; an empty field says nothing."""

    def __init__(self, *args: Any, lines: Sequence[CountLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            label = gettext("Found of %(sku)s") % {"sku": line.variant.sku}
            attrs = {"inputmode": "numeric", "autocomplete": "off", "aria-label": label}
            self.fields[f"found-{line.pk}"] = forms.IntegerField(
                label=label, min_value=0, max_value=MOST_UNITS, required=False, widget=forms.NumberInput(attrs=attrs)
            )

    def units(self) -> dict[UUID, int]:
        """Return what was found, of the lines that were filled in."""
        found = {line.variant_id: self.cleaned_data[f"found-{line.pk}"] for line in self.lines}
        return {variant_id: units for variant_id, units in found.items() if units is not None}

    def rows(self) -> list[dict[str, Any]]:
        """Return each line with its field and the codes on its goods."""
        codes = codes_of_variants([line.variant_id for line in self.lines])
        return [
            {"line": line, "field": self[f"found-{line.pk}"], "codes": " ".join(codes[line.variant_id])}
            for line in self.lines
        ]


@page
class RecordCount(CountPage):
    """Write down what was found. Nobody is told what is expected."""

    name = "record_count"
    path = "stock-counts/<uuid:count_id>/count/"
    title = _("Count")
    intro = _("Write what lies there, 0 where nothing is left. Enter goes on to the next line; a scan finds its line.")
    policy = Capability.STOCK_COUNT
    template = "inventory/count.html"
    form_class = RecordForm

    def form_kwargs(self) -> dict[str, Any]:
        if self.request.method == "POST":
            return {"lines": self._sent()}
        return {"lines": self._page()[:PAGE]}

    def _sent(self) -> list[CountLine]:
        """Return the lines that the form was shown with, wherever others have come meanwhile."""
        ids = [name.removeprefix("found-") for name in self.request.POST if name.startswith("found-")]
        try:
            wanted = [UUID(text) for text in ids[: 2 * PAGE]]
        except ValueError as error:
            raise NotFoundError(_("The page is not one of this count; open it anew.")) from error
        return list(self._lines().filter(pk__in=wanted))

    def _lines(self) -> QuerySet[CountLine]:
        found: QuerySet[CountLine] = self.count.lines.select_related("variant__product").order_by("variant__sku")
        return found

    def _page(self) -> list[CountLine]:
        """Return the lines of a page and one more, where more follow."""
        asked, found = self.request.GET, self._lines()
        if text := asked.get("q", "").strip():
            found = found.filter(of_variants("variant", text))
        elif not asked.get("all"):
            found = found.filter(TO_COUNT)
        if after := asked.get("after"):
            found = found.filter(variant__sku__gt=after)
        return list(found[: PAGE + 1])

    def context(self) -> dict[str, Any]:
        """Return how far the count is, and the way to its other lines."""
        count, rows = self.count, self._page()
        chosen = {name: self.request.GET[name] for name in ("q", "all") if self.request.GET.get(name)}
        after = rows[PAGE - 1].variant.sku if len(rows) > PAGE else ""
        total, left = count.lines.count(), count.lines.filter(TO_COUNT).count()
        return {
            "count": count,
            "is_possible": count.state == CountState.OPEN,
            "asked": self.request.GET,
            "total": total,
            "done": total - left,
            "left": left,
            "back": self.success_url(),
            "next_url": f"?{urlencode({**chosen, 'after': after})}" if after else "",
        }

    def post(self) -> HttpResponse:
        """Save at once: counting changes no stock."""
        return FormPage.post(self)

    def save(self, form: RecordForm) -> HttpResponse:
        units = form.units()
        if units:
            counting.record_count(count_id=self.count.pk, units=units, at=now())
        left = self.count.lines.filter(TO_COUNT).count()
        saved = ngettext("%(saved)s line saved.", "%(saved)s lines saved.", len(units)) % {"saved": len(units)}
        rest = ngettext("%(left)s is left to count.", "%(left)s are left to count.", left) % {"left": left}
        messages.success(self.request, f"{saved} {rest if left else gettext('Everything is counted; hand it in.')}")
        here = reverse("console:record_count", args=(self.count.pk,))
        return HttpResponseRedirect(here if left else self.success_url())


class ReviewForm(ConsoleForm):
    """A word for each difference."""

    WORDS = (
        ("", _("decide later")),
        ("accept", _("accept")),
        ("refuse", _("refuse")),
        ("recount", _("count again")),
    )

    def __init__(self, *args: Any, found: Sequence[Difference], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = found
        for row in found:
            self.fields[f"word-{row.line.pk}"] = forms.ChoiceField(
                label=row.line.variant.sku, choices=self.WORDS, required=False, initial=self._first(row),
                widget=forms.Select(attrs={"aria-label": gettext("Word on %(sku)s") % {"sku": row.line.variant.sku}}),
            )  # fmt: skip

    @staticmethod
    def _first(row: Difference) -> str:
        if row.is_void or row.line.needs_recount:
            return "recount"
        return "refuse" if row.line.is_accepted is False else "accept"

    def chosen(self, word: str) -> list[Difference]:
        """Return the differences of which this was said."""
        return [row for row in self.found if self.cleaned_data[f"word-{row.line.pk}"] == word]

    def rows(self) -> list[dict[str, Any]]:
        """Return each difference with its field."""
        return [{"found": row, "field": self[f"word-{row.line.pk}"]} for row in self.found]


@page
class ReviewCount(CountPage):
    """Accept or refuse the differences, see what that does to the stock, and post."""

    name = "review_count"
    path = "stock-counts/<uuid:count_id>/review/"
    title = _("Review the differences")
    intro = _("The costliest come first. What was sold or received since the counting is not undone by posting.")
    policy = Capability.STOCK_WRITE
    template = "inventory/count_review.html"
    form_class = ReviewForm
    submit = _("See what that does")

    def form_kwargs(self) -> dict[str, Any]:
        count = self.count
        return {"found": differences(count=count, at=now()) if count.state == CountState.REVIEW else []}

    def context(self) -> dict[str, Any]:
        count = self.count
        lines = count.lines.count()
        return {
            "count": count, "is_possible": count.state == CountState.REVIEW, "back": self.success_url(), "lines": lines,
        }  # fmt: skip

    def check(self, form: ReviewForm) -> Check:
        """Show what posting does to the stock, or which lines go back."""
        accepted, refused, again, open_ = (form.chosen(word) for word in ("accept", "refuse", "recount", ""))
        for row in form.found:
            row.line.is_accepted = True if row in accepted else None
        figures = preview(form.found)
        rows = [posting(row) for row in accepted]
        headers = (_("SKU"), _("Name"), _("On hand"), _("Difference"), _("After it"), _("Promised"), "")
        is_waiting = bool(again or open_)
        is_blocked = not is_waiting and any(row.is_void or row.lacking for row in accepted)
        stats = (
            Stat(_("Found beyond the books"), figures.found),
            Stat(_("Missing"), figures.missing, tone="warning" if figures.missing else "neutral"),
            Stat(_("Worth, at cost"), f"{figures.value:+,.2f}"),
            Stat(_("Refused"), len(refused)),
        )
        return Check(
            Table(headers, rows, empty=_("No difference is accepted; the stock stays as it is.")),
            stats=stats,
            warnings=self._warnings(accepted, again, open_),
            is_possible=not is_blocked,
            confirm=_("Count again") if again else _("Save") if open_ else _("Post it"),
        )

    def _warnings(
        self, accepted: Sequence[Difference], again: Sequence[Difference], open_: Sequence[Difference]
    ) -> list[str]:
        warnings = []
        if again:
            text = ngettext(
                "%(count)s line goes back to be counted again; nothing is posted before that.",
                "%(count)s lines go back to be counted again; nothing is posted before that.",
                len(again),
            )
            warnings.append(text % {"count": len(again)})
        if open_ and not again:
            warnings.append(gettext("Some differences are left for later: your words are saved, nothing is posted."))
        if void := [row.line.variant.sku for row in accepted if row.is_void]:
            text = gettext("Adjusted after it was counted, so count it again or refuse it: %(skus)s.")
            warnings.append(text % {"skus": ", ".join(void)})
        if lacking := [row.line.variant.sku for row in accepted if row.lacking]:
            text = gettext("More is promised than would be left. Cancel or re-route orders first: %(skus)s.")
            warnings.append(text % {"skus": ", ".join(lacking)})
        return warnings

    def save(self, form: ReviewForm) -> None:
        """Judge, and then send back, save or post; what was judged and what is posted are one transaction."""
        count_id, at = self.count.pk, now()
        for word in ("accept", "refuse"):
            ids = [row.line.pk for row in form.chosen(word)]
            counting.review_lines(count_id=count_id, line_ids=ids, is_accepted=word == "accept", at=at)
        if again := [row.line.pk for row in form.chosen("recount")]:
            counting.request_recount(count_id=count_id, line_ids=again, at=at)
            messages.success(self.request, gettext("The count is open again for these lines."))
        elif form.chosen(""):
            messages.success(self.request, gettext("Saved. Nothing is posted yet."))
        else:
            units = counting.post_count(count_id=count_id, at=at)
            messages.success(self.request, gettext("Posted: %(units)s units up and down.") % {"units": units})


def posting(row: Difference) -> tuple[Any, ...]:
    """Return what posting a difference does, as a row of a table."""
    line, word = row.line, obstacles(row) or badge(_("will be posted"), "success")
    return *goods_of(line.variant), row.on_hand, f"{row.variance:+d}", row.after, row.promised, word


def obstacles(row: Difference) -> Any:
    """Return what speaks against posting a difference, as badges; nothing where nothing does."""
    if row.is_void:
        return badge(_("adjusted since"), "danger")
    if row.lacking:
        return badge(_("%(units)s too many promised") % {"units": row.lacking}, "danger")
    return ""
