"""Deviations between channels and the policies behind them, on screen."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.catalog import services
from channels.catalog.console.products import ProductPage
from channels.catalog.enums import DeviationKind
from channels.catalog.models import ConsistencyPolicy, Deviation
from channels.stores.models import SalesChannel
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
from o2o.console.forms import dress
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability


@admin.register(Deviation, site=site)
class DeviationAdmin(MerchantModelAdmin):
    """Where the channels disagree."""

    slug = "deviations"
    nav = Nav(NavGroup.CHANNELS, "difference", 42)
    policy = {"view": Capability.CATALOG_READ}
    intro = _(
        "Listings that disagree with their policy: price, visibility, text."
        " Put them right in one step, or say that it is meant."
    )
    list_display = ("sku", "channel", "kind", "found_here", "wanted", "state_shown", "found_at")
    list_filter = ("kind", "is_accepted", ("ended_at", admin.EmptyFieldListFilter), "listing__channel")
    list_select_related = ("listing__variant", "listing__channel")
    sortable_by = ()
    is_in_palette = False
    export_columns = (
        "listing__variant__sku",
        "listing__channel",
        "kind",
        "evidence",
        "found_at",
        "ended_at",
        "is_accepted",
    )
    empty = EmptyState(
        title=_("All channels agree"),
        text=_("Set a policy, and the monitor tells where price, visibility or text of a product differ."),
        icon="verified",
    )
    acts = (
        Act(
            name="fix",
            label=_("put right"),
            demand=Capability.CATALOG_WRITE,
            explain=_(
                "The listing gets the price, visibility or text that its policy wants."
                " A price that looks wrong is held."
            ),
            apply=lambda _request, row: services.fix_deviation(deviation_id=row.pk, at=now()),
            fits=lambda row: row.ended_at is None,
            icon="build",
        ),
        Act(
            name="accept",
            label=_("it is meant"),
            demand=Capability.CATALOG_WRITE,
            explain=_("It is quiet from now on, until something about it changes."),
            apply=lambda _request, row: services.accept_deviation(deviation_id=row.pk, at=now()),
            fits=lambda row: row.ended_at is None and not row.is_accepted,
            icon="notifications_off",
        ),
    )

    @admin.display(description=_("SKU"))
    def sku(self, row: Deviation) -> str:
        return row.listing.variant.sku

    @admin.display(description=_("channel"))
    def channel(self, row: Deviation) -> str:
        return row.listing.channel.name

    @admin.display(description=_("found"))
    def found_here(self, row: Deviation) -> str:
        if row.kind == DeviationKind.VISIBILITY:
            return str(_("hidden"))
        return str(row.evidence.get("price") or row.evidence.get("title") or "–")

    @admin.display(description=_("expected"))
    def wanted(self, row: Deviation) -> str:
        if row.kind == DeviationKind.VISIBILITY:
            return str(_("visible"))
        return str(row.evidence.get("expected") or row.evidence.get("floor") or "–")

    @admin.display(description=_("state"))
    def state_shown(self, row: Deviation) -> SafeString:
        if row.ended_at is not None:
            return badge(_("put right"), "success")
        return badge(_("accepted"), "neutral") if row.is_accepted else badge(_("open"), "danger")

    def row_title(self, row: Deviation) -> str:
        return f"{row.listing.variant.sku} · {row.listing.channel.name}"

    def panels(self, request: HttpRequest, row: Deviation) -> Sequence[Panel]:
        facts = [
            Fact(_("SKU"), row.listing.variant.sku, is_code=True),
            Fact(_("Channel"), row.listing.channel.name),
            Fact(_("Kind"), row.get_kind_display()),
            Fact(_("Found"), self.found_here(row)),
            Fact(_("Expected"), self.wanted(row)),
            Fact(_("State"), self.state_shown(row)),
            Fact(_("Found at"), row.found_at),
            Fact(_("Ended at"), row.ended_at),
        ]
        facts += [
            Fact(name.replace("_", " "), value) for name, value in row.evidence.items() if name.endswith("percent")
        ]
        return [Panel(_("Deviation"), facts=facts)]


@admin.register(ConsistencyPolicy, site=site)
class PolicyAdmin(MerchantModelAdmin):
    """What listings must have in common."""

    slug = "consistency-policies"
    nav = Nav(NavGroup.CHANNELS, "rule", 44)
    policy = {"view": Capability.CATALOG_READ}
    intro = _("What the listings of products must have in common. A policy of a product goes before the common one.")
    list_display = ("of_product", "reference_channel", "tolerance_percent", "floor_percent_of_cost", "compares_text")
    list_select_related = ("product", "reference_channel")
    sortable_by = ()
    is_in_palette = False
    export_columns = ("product__code", "reference_channel", "tolerance_percent", "floor_price", "floor_percent_of_cost")

    @admin.display(description=_("product"))
    def of_product(self, row: ConsistencyPolicy) -> str:
        return row.product.name if row.product else str(_("all products"))

    def row_title(self, row: ConsistencyPolicy) -> str:
        return self.of_product(row)

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.CATALOG_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("No policy yet"),
            text=_("Say which channel is the reference and how far others may differ."),
            icon="rule",
            url=reverse("console:common_policy") if may_add else "",
            action=_("Set the common policy"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the policies, with the way to the common one."""
        may_add = request.actor.may(Capability.CATALOG_WRITE)  # type: ignore[attr-defined]
        links = [(_("Set the common policy"), reverse("console:common_policy"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: ConsistencyPolicy) -> Sequence[Panel]:
        facts = [
            Fact(_("Product"), self.of_product(row)),
            Fact(_("Reference channel"), row.reference_channel.name),
            Fact(_("Tolerance in percent"), row.tolerance_percent),
            Fact(_("Lowest price"), row.floor_price),
            Fact(_("Lowest price in percent of the cost"), row.floor_percent_of_cost),
            Fact(_("Must be visible everywhere"), row.compares_visibility),
            Fact(_("Must have the same text"), row.compares_text),
        ]
        differences = row.differences.select_related("channel").order_by("channel__name")
        facts += [Fact(one.channel.name, f"{one.percent:+.2f} %") for one in differences]
        return [Panel(_("Consistency policy"), facts=facts)]


class PolicyForm(ConsoleForm):
    """Reference, tolerance, floor, and the difference that each channel is meant to have."""

    reference_channel_id = forms.ChoiceField(label=_("Reference channel"), choices=())
    tolerance_percent = forms.DecimalField(
        label=_("Tolerance in percent"), min_value=0, max_digits=6, decimal_places=2, initial=0
    )
    floor_price = forms.DecimalField(label=_("Lowest price"), min_value=0, required=False)
    floor_percent_of_cost = forms.DecimalField(
        label=_("Lowest price in percent of the cost"), min_value=0, required=False
    )
    compares_visibility = forms.BooleanField(label=_("Must be visible everywhere"), required=False, initial=True)
    compares_text = forms.BooleanField(label=_("Must have the same text"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channels = list(SalesChannel.objects.order_by("name"))
        self.fields["reference_channel_id"].choices = [(str(one.pk), one.name) for one in self.channels]
        for channel in self.channels:
            field = forms.DecimalField(
                label=_("Intended difference of %(channel)s in percent") % {"channel": channel.name},
                required=False, max_digits=6, decimal_places=2, min_value=-99,
            )  # fmt: skip
            self.fields[f"difference-{channel.pk}"] = field
            dress(field)

    def policy(self) -> dict[str, Any]:
        """Return what the service is told."""
        data = {name: self.cleaned_data[name] for name in PolicyForm.base_fields}
        given = {channel.pk: self.cleaned_data[f"difference-{channel.pk}"] for channel in self.channels}
        return {**data, "differences": {pk: percent for pk, percent in given.items() if percent}}


def policy_fields(policy: ConsistencyPolicy | None) -> dict[str, Any]:
    """Return what the form holds for a policy."""
    if policy is None:
        return {}
    fields = {name: getattr(policy, name) for name in PolicyForm.base_fields}
    return fields | {f"difference-{one.channel_id}": one.percent for one in policy.differences.all()}


@page
class CommonPolicy(FormPage):
    """Set the policy of all products that have none of their own."""

    name = "common_policy"
    path = "consistency-policies/common/"
    title = _("Set the common policy")
    intro = _("It holds for all products without a policy of their own. The monitor looks at all products tonight.")
    policy = Capability.CATALOG_WRITE
    form_class = PolicyForm
    done = _("Saved.")
    parents = ((_("consistency policies"), "console:catalog_consistencypolicy_changelist"),)
    success_url_name = "console:catalog_consistencypolicy_changelist"

    def initial(self) -> dict[str, Any]:
        return policy_fields(ConsistencyPolicy.objects.filter(product=None).first())

    def save(self, form: PolicyForm) -> None:
        services.set_policy(at=now(), **form.policy())


@page
class ProductPolicy(ProductPage):
    """Set the policy of one product."""

    name = "product_policy"
    path = "products/<uuid:product_id>/policy/"
    title = _("Consistency policy")
    intro = _("It holds for this product instead of the common one, and the monitor looks at it at once.")
    form_class = PolicyForm
    done = _("Saved.")

    def initial(self) -> dict[str, Any]:
        return policy_fields(ConsistencyPolicy.objects.filter(product=self.product).first())

    def save(self, form: PolicyForm) -> None:
        product = self.product
        services.set_policy(product_id=product.pk, at=now(), **form.policy())
        services.refresh_deviations(product_ids=[product.pk], at=now())


@home_card(Capability.CATALOG_WRITE, order=14)
def open_deviations(request: HttpRequest) -> HomeCard | None:
    """Listings that disagree with their policy."""
    wrong = Deviation.objects.filter(ended_at=None, is_accepted=False)
    found = list(wrong.select_related("listing__variant", "listing__channel").order_by("-pk")[:5])
    if not found:
        return None
    lines = [
        CardLine(
            f"{row.listing.variant.sku} · {row.listing.channel.name}",
            row.get_kind_display(),
            reverse("console:catalog_deviation_change", args=(row.pk,)),
        )
        for row in found
    ]
    url = reverse("console:listing_matrix") + "?deviation=any"
    return HomeCard(_("Channels that disagree"), lines, url, _("Show them in the matrix"), "difference", "warning")
