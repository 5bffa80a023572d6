"""What the listings of products must have in common, on screen."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.catalog import services
from channels.catalog.console.products import ProductPage
from channels.catalog.models import ConsistencyPolicy
from channels.stores.models import SalesChannel
from o2o.console import (
    Act,
    ConsoleForm,
    EmptyState,
    Fact,
    FormPage,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    Panel,
    page,
    site,
)
from o2o.console.forms import dress
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability


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
    acts = (
        Act(
            name="remove",
            label=_("remove"),
            demand=Capability.CATALOG_WRITE,
            explain=_("The product follows the common policy again; without a common one nothing is compared."),
            apply=lambda _request, row: services.remove_policy(policy_id=row.pk, at=now()),
            icon="delete",
            is_destructive=True,
            is_bulk=False,
        ),
    )

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
    intro = _(
        "It holds for all products without a policy of their own."
        " The monitor begins to look at all of them at once, and does so every night."
    )
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
