"""The staff and the merchant's settings, on screen."""

from collections.abc import Sequence
from typing import Any, ClassVar
from zoneinfo import available_timezones

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from babel.numbers import list_currencies
from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from o2o.console import (
    Act,
    ConsoleForm,
    FormPage,
    MerchantModelAdmin,
    Nav,
    NavGroup,
    PlatformModelAdmin,
    SetupStep,
    badge,
    page,
    platform_site,
    setup_step,
    site,
)
from o2o.console.forms import LongSelect
from o2o.console.locations import location_choices, location_names
from o2o.console.policy import OPERATORS
from o2o.kit.errors import InvalidError
from o2o.tenancy import services
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant

# What ``requires_second_factor`` is satisfied by; recovery codes alone are none.
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
ROLE_HELP = _(
    "Owners may do everything. Operations runs stock and orders, marketing runs campaigns and coupons, analysts read "
    "figures, store managers and clerks work in their stores, auditors read everything and change nothing."
)


class StaffForm(forms.ModelForm):
    """The role of a staff member and the stores to which it is limited."""

    location_ids = forms.MultipleChoiceField(
        label=_("stores"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Leave empty for all stores. Only store managers and clerks are limited to their stores."),
    )

    class Meta:
        model = Membership
        fields = ("role", "location_ids")
        help_texts: ClassVar[dict[str, Any]] = {"role": ROLE_HELP}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if choices := location_choices():
            self.fields["location_ids"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["location_ids"]


def _deactivate(request: HttpRequest, membership: Membership) -> Membership:
    return services.deactivate_membership(actor=request.actor, membership_id=membership.pk)  # type: ignore[attr-defined]


def _reactivate(request: HttpRequest, membership: Membership) -> Membership:
    return services.reactivate_membership(actor=request.actor, membership_id=membership.pk)  # type: ignore[attr-defined]


@admin.register(Membership, site=site)
class StaffAdmin(MerchantModelAdmin):
    """The people who work for the merchant."""

    slug = "staff"
    nav = Nav(NavGroup.SETTINGS, "group", 10)
    policy = {"view": Capability.STAFF_READ, "change": Capability.STAFF_WRITE}
    intro = _("Everybody who signs in to this console, with what they may do. New people come in by invitation.")
    form = StaffForm
    fields = ("role", "location_ids")
    list_display = ("person", "email", "role", "stores", "state", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    search_help_text = _("Name or e-mail address")
    sortable_by = ("created_at", "role")
    export_columns = ("person", "email", "role", "is_active", "created_at")
    acts = (
        Act(
            name="deactivate",
            label=_("shut out"),
            demand=Capability.STAFF_WRITE,
            explain=_("They cannot open this console from their next click on. What they did stays under their name."),
            apply=_deactivate,
            fits=lambda membership: membership.is_active,
            icon="person_off",
            is_destructive=True,
        ),
        Act(
            name="reactivate",
            label=_("let in again"),
            demand=Capability.STAFF_WRITE,
            explain=_("They can sign in again, in the role that they had."),
            apply=_reactivate,
            fits=lambda membership: not membership.is_active,
            icon="person_check",
        ),
    )

    @admin.display(description=_("person"), ordering="user__name")
    def person(self, membership: Membership) -> str:
        return str(membership.user)

    @admin.display(description=_("e-mail address"))
    def email(self, membership: Membership) -> str:
        return membership.user.email

    @admin.display(description=_("stores"))
    def stores(self, membership: Membership) -> str:
        return location_names(membership.location_ids) or str(_("all"))

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, membership: Membership) -> str:
        return badge(_("active"), "success") if membership.is_active else badge(_("shut out"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        """Leave the stores out while there are none to choose from."""
        return ("role", "location_ids") if location_choices() else ("role",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the staff, with the way to the invitations."""
        links = [(_("Invitations"), reverse("console:accounts_invitation_changelist"))]
        may_invite = self.allows(request, "change")
        return super().changelist_view(request, {"list_links": links if may_invite else [], **(extra_context or {})})

    def save_with(self, request: HttpRequest, form: Any, row: Any) -> Membership:
        return services.change_staff(
            actor=request.actor,  # type: ignore[attr-defined]
            membership_id=row.pk,
            role=Role(form.cleaned_data["role"]),
            location_ids=form.cleaned_data.get("location_ids", row.location_ids),
        )


class MerchantForm(ConsoleForm):
    """What is said about the merchant."""

    name = forms.CharField(label=_("name"), max_length=200)
    currency = forms.ChoiceField(
        label=_("currency"),
        widget=LongSelect,
        help_text=_("New prices and orders are in it; what has been recorded is not converted."),
    )
    time_zone = forms.ChoiceField(
        label=_("time zone"),
        widget=LongSelect,
        help_text=_("Days, opening hours and the validity of coupons are counted in it."),
    )
    language = forms.ChoiceField(
        label=_("language"), choices=settings.LANGUAGES, help_text=_("For people who have not chosen one themselves.")
    )
    requires_second_factor = forms.BooleanField(
        label=_("second factor required"),
        required=False,
        help_text=_("Staff come in only after they have set up an authenticator app or a passkey. That includes you."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = {
            "currency": [(code, code) for code in sorted(list_currencies())],
            "time_zone": [(name, name) for name in sorted(available_timezones())],
        }
        for name, values in choices.items():
            self.base_fields[name].choices = values
        super().__init__(*args, **kwargs)


@page
class MerchantSettings(FormPage):
    """The merchant's own details."""

    name = "merchant_settings"
    path = "settings/"
    title = _("Merchant")
    policy = {"view": Capability.MERCHANT_READ, "post": Capability.MERCHANT_WRITE}
    nav = Nav(NavGroup.SETTINGS, "storefront", 5)
    form_class = MerchantForm
    done = _("Saved.")
    template = "console/settings.html"

    def initial(self) -> dict[str, Any]:
        merchant: Merchant = self.request.merchant
        return {name: getattr(merchant, name) for name in MerchantForm.base_fields}

    def get_form(self) -> forms.Form:
        form = super().get_form()
        if not self.may("post"):
            for field in form.fields.values():
                field.disabled = True
        return form

    def save(self, form: forms.Form) -> None:
        values = form.cleaned_data
        merchant_id = self.actor.merchant_id
        if values["requires_second_factor"] and not is_mfa_enabled(self.request.user, SECOND_FACTORS):
            raise InvalidError(
                _("Set up your own second factor first, or this would shut you out."), field="requires_second_factor"
            )
        services.change_merchant(
            merchant_id=merchant_id,
            details=services.MerchantDetails(
                name=values["name"],
                currency=values["currency"],
                time_zone=values["time_zone"],
                language=values["language"],
            ),
        )
        services.require_second_factor(merchant_id=merchant_id, is_required=values["requires_second_factor"])


@setup_step(Capability.STAFF_WRITE, order=10)
def invite_a_colleague(request: HttpRequest) -> SetupStep:
    """Whether anybody else works here."""
    return SetupStep(
        title=_("Invite a colleague"),
        text=_("Give each person their own account and role; shared passwords tell nobody who did what."),
        url=reverse("console:invite"),
        is_done=Membership.objects.exclude(user_id=request.actor.id).exists(),  # type: ignore[attr-defined]
        icon="person_add",
    )


@admin.register(Merchant, site=platform_site)
class MerchantAdmin(PlatformModelAdmin):
    """All merchants of the installation."""

    slug = "merchants"
    nav = Nav(NavGroup.PLATFORM, "storefront", 10)
    policy = {"view": OPERATORS}
    list_display = ("name", "slug", "currency", "time_zone", "state", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name", "slug")
    ordering = ("name",)
    fields = ("name", "slug", "currency", "time_zone", "language", "requires_second_factor", "is_active", "created_at")
    export_columns = ("name", "slug", "currency", "time_zone", "language", "is_active", "created_at")

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, merchant: Merchant) -> str:
        return badge(_("active"), "success") if merchant.is_active else badge(_("inactive"))
