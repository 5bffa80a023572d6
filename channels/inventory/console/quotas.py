"""Quotas of channels, on screen."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.catalog.selectors.searching import of_variants
from channels.inventory import services
from channels.inventory.console.places import goods_column
from channels.inventory.models import ChannelQuota
from channels.inventory.services.counting import variants_of_skus
from channels.stores.models import SalesChannel
from o2o.console import Act, ConsoleForm, EmptyState, FormPage, MerchantModelAdmin, Nav, NavGroup, page, site
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability


@admin.register(ChannelQuota, site=site)
class QuotaAdmin(MerchantModelAdmin):
    """Shares of stock that only one channel may sell."""

    slug = "channel-quotas"
    nav = Nav(NavGroup.CHANNELS, "pie_chart", 26)
    policy = {"view": Capability.STOCK_READ}
    intro = _("Shares of a variant that only one channel may sell for a while. The rest is a pool for all.")
    list_display = (
        "sku",
        "channel",
        "exclusive",
        "used",
        "lent",
        "left",
        "shared_limit",
        "shared_used",
        "valid_from",
        "valid_until",
    )
    list_filter = ("channel",)
    list_select_related = ("variant__product", "channel")
    search_fields = ("variant__sku",)
    search_help_text = _("SKU, barcode or name of the product")
    sortable_by = ()
    is_in_palette = False
    export_columns = (
        "variant__sku",
        "channel",
        "exclusive",
        "used",
        "lent",
        "shared_limit",
        "shared_used",
        "valid_from",
        "valid_until",
    )
    acts = (
        Act(
            name="end",
            label=_("end now"),
            demand=Capability.STOCK_WRITE,
            explain=_("What is left of the share belongs to the pool at once, and every channel can sell it."),
            apply=lambda _request, row: services.end_quota(quota_id=row.pk, at=now()),
            fits=lambda row: row.valid_until is None or row.valid_until > now(),
            icon="event_busy",
            is_destructive=True,
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ChannelQuota], search_term: str
    ) -> tuple[QuerySet[ChannelQuota], bool]:
        """Find the quotas of the variants that the text may mean."""
        return queryset.filter(of_variants("variant", search_term)), False

    @admin.display(description=_("SKU"))
    def sku(self, row: ChannelQuota) -> SafeString:
        return goods_column(row.variant)

    @admin.display(description=_("left"))
    def left(self, row: ChannelQuota) -> int:
        return max(row.exclusive - row.lent - row.used, 0)

    def row_title(self, row: ChannelQuota) -> str:
        return f"{row.variant.sku} · {row.channel.name}"

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.STOCK_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("No quotas"),
            text=_("Every channel may sell all stock. Give a channel a share, as for a flash sale."),
            icon="pie_chart",
            url=reverse("console:set_quota") if may_add else "",
            action=_("Set a quota"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the quotas, with the way to a new one."""
        may_add = request.actor.may(Capability.STOCK_WRITE)  # type: ignore[attr-defined]
        links = [(_("Set a quota"), reverse("console:set_quota"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})


class QuotaForm(ConsoleForm):
    """A share, and for how long."""

    sku = forms.CharField(label=_("SKU"), max_length=60)
    channel_id = forms.ChoiceField(label=_("Channel"), choices=())
    exclusive = forms.IntegerField(label=_("Exclusive units"), min_value=0, max_value=1_000_000)
    shared_limit = forms.IntegerField(
        label=_("From the shared pool at most"), required=False, min_value=0,
        help_text=_("Empty: as much as there is. 0: nothing."),
    )  # fmt: skip
    valid_from = forms.SplitDateTimeField(label=_("From"), required=False, help_text=_("Empty: now."))
    valid_until = forms.SplitDateTimeField(label=_("Until"), required=False, help_text=_("Empty: until it is ended."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = SalesChannel.objects.order_by("name").values_list("pk", "name")
        self.fields["channel_id"].choices = [(str(pk), name) for pk, name in channels]


@page
class SetQuota(FormPage):
    """Give a channel a share of a variant."""

    name = "set_quota"
    path = "channel-quotas/set/"
    title = _("Set a quota")
    policy = Capability.STOCK_WRITE
    form_class = QuotaForm
    done = _("Saved. Other channels can no longer sell this share.")
    parents = ((_("channel quotas"), "console:inventory_channelquota_changelist"),)
    success_url_name = "console:inventory_channelquota_changelist"

    def save(self, form: forms.Form) -> None:
        data, at = form.cleaned_data, now()
        services.set_quota(
            variant_id=variants_of_skus([data["sku"]])[data["sku"]], channel_id=data["channel_id"],
            exclusive=data["exclusive"], shared_limit=data["shared_limit"], valid_from=data["valid_from"] or at,
            valid_until=data["valid_until"], at=at,
        )  # fmt: skip
