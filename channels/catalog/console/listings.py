"""The listing matrix, and one listing with the history of its prices."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.catalog import services
from channels.catalog.console.calendar import cycles, waiting_prices
from channels.catalog.enums import DeviationKind, PriceLayer
from channels.catalog.models import Category, ChannelListing, PriceChangeRequest, Variant
from channels.catalog.selectors.matrix import listing_rows, variants_found
from channels.catalog.services import PriceWish
from channels.stores.enums import Weekday
from channels.stores.models import SalesChannel
from o2o.console import ConsoleForm, EmptyState, Fact, FormPage, Nav, NavGroup, Page, Panel, badge, page
from o2o.console.components import Table, doer
from o2o.kit.clock import now
from o2o.kit.errors import NotFoundError
from o2o.kit.money import Money
from o2o.tenancy.capabilities import Capability

ROWS = 40
SHOWN_PRICES = 50


@page
class ListingMatrix(Page):
    """Variants × channels: price and visibility, with what deviates marked."""

    name = "listing_matrix"
    path = "listings/"
    title = _("Listings")
    nav = Nav(NavGroup.CHANNELS, "grid_on", 41)
    policy = Capability.CATALOG_READ
    template = "catalog/matrix.html"
    intro = _(
        "The price of each variant in each channel."
        " What disagrees with its policy is marked, with the way to put it right."
    )

    def context(self) -> dict[str, Any]:
        """Return one page of variants; six queries, however many variants there are."""
        asked = self.request.GET
        channels = list(SalesChannel.objects.filter(is_active=True).order_by("name"))
        found = variants_found(
            text=asked.get("q", "").strip(),
            category_id=_id(asked.get("category")),
            deviating_kind=asked.get("deviation", ""),
        )
        after = asked.get("after", "")
        rows = list((found.filter(sku__gt=after) if after else found)[: ROWS + 1])
        following = rows[ROWS - 1].sku if len(rows) > ROWS else ""
        chosen = {name: asked[name] for name in ("q", "category", "deviation") if asked.get(name)}
        return {
            "rows": listing_rows(variants=rows[:ROWS], channel_ids=[channel.pk for channel in channels]),
            "channels": channels,
            "categories": Category.objects.order_by("path")[:300],
            "kinds": DeviationKind.choices,
            "asked": asked,
            "may_fix": self.actor.may(Capability.CATALOG_WRITE),
            "empty": None if rows else self._empty(is_narrowed=bool(chosen)),
            "next_url": f"?{urlencode({**chosen, 'after': following})}" if following else "",
            "first_url": f"?{urlencode(chosen)}" if after else "",
        }

    def _empty(self, *, is_narrowed: bool) -> EmptyState:
        if is_narrowed:
            return EmptyState(
                title=_("Nothing matches"), text=_("No variant fits these filters."), icon="search_off", url="?",
                action=_("Show all"),
            )  # fmt: skip
        return EmptyState(
            title=_("Nothing to list yet"), text=_("Add products first, or import them."), icon="grid_on",
            url=reverse("console:catalog_product_changelist"), action=_("Products"),
        )  # fmt: skip


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


class ListingPage(FormPage):
    """A page about one listing."""

    policy = Capability.CATALOG_WRITE
    parents = ((_("Listings"), "console:listing_matrix"),)

    @property
    def listing(self) -> ChannelListing:
        """The listing of the address. Raises ``NotFoundError``."""
        rows = ChannelListing.objects.select_related("variant__product", "channel")
        found = rows.filter(pk=self.kwargs["listing_id"]).first()
        if found is None:
            raise NotFoundError(_("There is no such listing."))
        listing: ChannelListing = found
        return listing

    def heading(self) -> str:
        listing = self.listing
        return f"{self.title} · {listing.variant.sku} · {listing.channel.name}"

    def success_url(self) -> str:
        return reverse("console:listing", args=(self.kwargs["listing_id"],))


@page
class OneListing(ListingPage):
    """A listing, and everything that its price has been and will be."""

    name = "listing"
    path = "listings/<uuid:listing_id>/"
    title = _("Listing")
    policy = Capability.CATALOG_READ
    template = "console/page.html"

    def get(self) -> HttpResponse:
        return self.render()

    def post(self) -> HttpResponse:
        return HttpResponseRedirect(self.success_url())

    def context(self) -> dict[str, Any]:
        listing = self.listing
        may_change = self.actor.may(Capability.CATALOG_WRITE)
        return {
            "panels": [self._facts(listing), *waiting_prices(listing), *cycles(listing, may_change), _prices(listing)]
        }

    def _facts(self, listing: ChannelListing) -> Panel:
        facts = [
            Fact(_("Product"), f"{listing.variant.product.name} {listing.variant.name}"),
            Fact(_("Channel"), listing.channel.name),
            Fact(
                _("Price in force"),
                _("none yet: its first price waits for approval")
                if listing.awaits_price
                else str(Money.rounded(listing.price, listing.currency)),
            ),
            Fact(_("Compare-at price"), listing.compare_at_price),
            Fact(_("Visible"), listing.is_visible),
            Fact(_("Title"), listing.title or listing.variant.product.name),
            Fact(_("Id in the channel"), listing.external_id, is_code=True),
        ]
        if self.actor.may(Capability.CATALOG_WRITE):
            links = [
                (reverse("console:set_price", args=(listing.pk,)), _("Set a price")),
                (reverse("console:price_cycle", args=(listing.pk,)), _("Add a recurring price")),
                (reverse("console:change_listing", args=(listing.pk,)), _("Change text and visibility")),
            ]
            if listing.awaits_price:
                del links[1]
            facts.append(Fact(_("What you can do"), format_html_join(" · ", '<a href="{}">{}</a>', links)))
        calendar = reverse("console:price_calendar", args=(listing.variant_id,))
        facts.append(Fact(_("All channels"), format_html('<a href="{}">{}</a>', calendar, _("Price calendar"))))
        return Panel(_("Listing"), facts=facts)


def _prices(listing: ChannelListing) -> Panel:
    rows = []
    # Those of recurring prices that are still to come stand with their rule.
    known = listing.price_intervals.exclude(layer=PriceLayer.CYCLIC, valid_from__gt=now())
    for row in known.select_related("withdrawal").order_by("-pk")[:SHOWN_PRICES]:
        is_withdrawn = hasattr(row, "withdrawal")
        rows.append(
            (
                str(Money.rounded(row.price, listing.currency)),
                row.get_layer_display(),
                row.valid_from,
                row.valid_until or _("without end"),
                badge(_("withdrawn"), "neutral") if is_withdrawn else "",
                row.reason,
                doer(row.actor_label),
            )
        )
    headers = (_("Price"), _("Kind"), _("From"), _("Until"), _("State"), _("Reason"), _("By"))
    note = _(
        "Of prices that hold at the same time the scheduled one counts, then the recurring, then the regular one;"
        " of two of a kind the one that began last."
    )
    return Panel(_("Prices, newest first"), note=note, table=Table(headers, rows))


class PriceForm(ConsoleForm):
    """A price, and for how long."""

    price = forms.DecimalField(label=_("Price"), min_value=0, max_digits=16, decimal_places=3)
    compare_at_price = forms.DecimalField(
        label=_("Compare-at price"), min_value=0, max_digits=16, decimal_places=3, required=False
    )
    valid_from = forms.SplitDateTimeField(label=_("From"), required=False, help_text=_("Empty: now."))
    valid_until = forms.SplitDateTimeField(
        label=_("Until"), required=False, help_text=_("Empty: it is the new regular price.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    expected = forms.DecimalField(required=False, widget=forms.HiddenInput)


@page
class SetPrice(ListingPage):
    """Set a price, now or for a time."""

    name = "set_price"
    path = "listings/<uuid:listing_id>/price/"
    title = _("Set a price")
    intro = _("A price that differs far from what the variant has cost before waits until a colleague approves it.")
    form_class = PriceForm

    def initial(self) -> dict[str, Any]:
        listing = self.listing
        shown = {"price": listing.price.normalize(), "compare_at_price": listing.compare_at_price}
        # What the person sees; a price that somebody else sets meanwhile is not overwritten unseen.
        return shown if listing.awaits_price else {**shown, "expected": listing.price}

    def save(self, form: forms.Form) -> None:
        made = services.set_price(wish=PriceWish(self.kwargs["listing_id"], **form.cleaned_data), at=now())
        if isinstance(made, PriceChangeRequest):
            text = gettext("This looks like a mistake, so it waits for approval: from %(old)s to %(new)s.")
            messages.warning(self.request, text % {"old": made.old_price, "new": made.price})
        else:
            messages.success(self.request, gettext("The price is recorded."))


class CycleForm(ConsoleForm):
    """A price that comes back."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Such as Wednesday for members."))
    price = forms.DecimalField(label=_("Price"), min_value=0, max_digits=16, decimal_places=3)
    weekdays = forms.MultipleChoiceField(label=_("On these days"), required=False, widget=forms.CheckboxSelectMultiple)
    starts_at = forms.TimeField(label=_("From"))
    ends_at = forms.TimeField(label=_("Until"))
    time_zone = forms.CharField(label=_("Time zone"), max_length=64, initial="Asia/Shanghai")
    valid_from = forms.DateField(label=_("First day"))
    valid_until = forms.DateField(label=_("Last day"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["weekdays"].choices = Weekday.choices

    def clean_weekdays(self) -> list[int]:
        """Return numbers."""
        return [int(day) for day in self.cleaned_data["weekdays"]]


@page
class AddCycle(ListingPage):
    """Add a recurring price."""

    name = "price_cycle"
    path = "listings/<uuid:listing_id>/cycle/"
    title = _("Add a recurring price")
    intro = _("It counts in these hours of these days, and the regular price is back afterwards by itself.")
    form_class = CycleForm
    submit = _("Add")

    def save(self, form: forms.Form) -> None:
        made = services.create_price_cycle(listing_id=self.kwargs["listing_id"], at=now(), **form.cleaned_data)
        if made.is_held:
            messages.warning(self.request, gettext("This looks like a mistake, so it waits for approval."))
        else:
            messages.success(self.request, gettext("Added."))


class ListingForm(ConsoleForm):
    """Text, id and visibility."""

    title = forms.CharField(
        label=_("Title"), max_length=200, required=False, help_text=_("Empty: the name of the product.")
    )
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    external_id = forms.CharField(label=_("Id in the channel"), max_length=100, required=False)
    is_visible = forms.BooleanField(label=_("Visible"), required=False)


@page
class ChangeListing(ListingPage):
    """Change text and visibility."""

    name = "change_listing"
    path = "listings/<uuid:listing_id>/settings/"
    title = _("Change the listing")
    form_class = ListingForm
    done = _("Saved.")

    def initial(self) -> dict[str, Any]:
        listing = self.listing
        return {name: getattr(listing, name) for name in ListingForm.base_fields}

    def save(self, form: forms.Form) -> None:
        services.update_listing(listing_id=self.kwargs["listing_id"], at=now(), **form.cleaned_data)


class NewListingForm(ConsoleForm):
    """Where to offer a variant, and for how much."""

    sku = forms.CharField(label=_("SKU"), max_length=60)
    channel_id = forms.ChoiceField(label=_("Channel"), choices=())
    price = forms.DecimalField(label=_("Price"), min_value=0, max_digits=16, decimal_places=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = SalesChannel.objects.order_by("name").values_list("pk", "name")
        self.fields["channel_id"].choices = [(str(pk), name) for pk, name in rows]

    def clean_sku(self) -> Variant:
        """Return the variant. Raises ``ValidationError``."""
        found = Variant.objects.filter(sku=self.cleaned_data["sku"]).first()
        if found is None:
            raise forms.ValidationError(_("Nothing has this SKU."))
        variant: Variant = found
        return variant


@page
class NewListing(FormPage):
    """Offer a variant in a channel."""

    name = "new_listing"
    path = "listings/new/"
    title = _("New listing")
    policy = Capability.CATALOG_WRITE
    form_class = NewListingForm
    submit = _("List it")
    done = _("Listed.")
    parents = ((_("Listings"), "console:listing_matrix"),)
    success_url_name = "console:listing_matrix"

    def save(self, form: forms.Form) -> None:
        data = form.cleaned_data
        made = services.create_listing(
            channel_id=UUID(data["channel_id"]), variant_id=data["sku"].pk, price=data["price"], at=now()
        )
        if made.awaits_price:
            text = _("In the other channels it costs something quite different. It is hidden until somebody approves.")
            messages.warning(self.request, text)
