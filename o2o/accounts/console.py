"""Invitations and API clients, on screen."""

import itertools
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from o2o.accounts.models import ApiClient, Invitation, User
from o2o.accounts.services import clients, invitations
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
    PlatformModelAdmin,
    SetupStep,
    badge,
    home_card,
    page,
    platform_site,
    setup_step,
    site,
)
from o2o.console.locations import location_choices, location_names
from o2o.console.policy import OPERATORS
from o2o.kit.clock import now
from o2o.tenancy.capabilities import CLIENT_SCOPES, ROLE_CAPABILITIES, Capability
from o2o.tenancy.console import ROLE_HELP
from o2o.tenancy.enums import Role

SHOWN_ON_HOME = 5


def is_open(invitation: Invitation) -> bool:
    """Say whether nobody has accepted or withdrawn the invitation."""
    return invitation.accepted_at is None and invitation.revoked_at is None


def state_of(invitation: Invitation) -> SafeString:
    """Return the badge that says what became of an invitation."""
    if invitation.accepted_at:
        return badge(_("accepted"), "success")
    if invitation.revoked_at:
        return badge(_("withdrawn"))
    return badge(_("expired"), "danger") if invitation.expires_at <= now() else badge(_("waiting"), "warning")


def send(request: HttpRequest, issued: invitations.IssuedInvitation) -> str:
    """Mail an invitation and return its link."""
    site_url = request.build_absolute_uri("/").rstrip("/")
    return invitations.mail_invitation(issued=issued, site_url=site_url, at=now())


def show_link(request: HttpRequest, email: str, link: str) -> HttpResponse:
    """Show the link of an invitation once, for whoever would rather hand it over in person."""
    context = {
        **site.each_context(request),
        "title": _("Invitation sent"),
        "note": gettext("%(email)s has been sent a link that works once and for seven days.") % {"email": email},
        "secrets": [(_("The link, if the mail does not arrive"), link)],
        "breadcrumbs": [(_("Invitations"), reverse("console:accounts_invitation_changelist"))],
        "back": reverse("console:accounts_invitation_changelist"),
    }
    return TemplateResponse(request, "console/secrets.html", context)


def _resend(request: HttpRequest, invitation: Invitation) -> str:
    actor = request.actor  # type: ignore[attr-defined]
    return send(request, invitations.resend_invitation(actor=actor, invitation_id=invitation.pk, at=now()))


def _revoke(_request: HttpRequest, invitation: Invitation) -> None:
    invitations.revoke_invitation(invitation_id=invitation.pk, at=now())


@admin.register(Invitation, site=site)
class InvitationAdmin(MerchantModelAdmin):
    """The invitations to the staff."""

    slug = "invitations"
    nav = Nav(NavGroup.SETTINGS, "mail", 15)
    policy = {"view": Capability.STAFF_WRITE}
    intro = _("Each link opens one account at the address it was sent to, once, within seven days.")
    list_display = ("email", "role", "state", "expires_at", "invited_by", "created_at")
    list_filter = ("role",)
    list_select_related = ("invited_by",)
    search_fields = ("email",)
    sortable_by = ("created_at", "expires_at")
    export_columns = ("email", "role", "expires_at", "accepted_at", "revoked_at", "created_at")
    acts = (
        Act(
            name="resend",
            label=_("send again"),
            demand=Capability.STAFF_WRITE,
            explain=_("A new link is sent, valid for seven days. The older link stops working."),
            apply=_resend,
            fits=is_open,
            icon="forward_to_inbox",
            is_bulk=False,
            answer=lambda request, invitation, link: show_link(request, invitation.email, link),
        ),
        Act(
            name="withdraw",
            label=_("withdraw"),
            demand=Capability.STAFF_WRITE,
            explain=_("The link stops working at once. You can invite the same address again."),
            apply=_revoke,
            fits=is_open,
            icon="cancel_schedule_send",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("state"))
    def state(self, invitation: Invitation) -> SafeString:
        return state_of(invitation)

    def empty_state(self, request: HttpRequest) -> EmptyState:
        return EmptyState(
            title=_("Nobody is invited"),
            text=_("Invite your colleagues, each with their own account and role."),
            icon="person_add",
            url=reverse("console:invite"),
            action=_("Invite somebody"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the invitations, with the way to invite."""
        links = [(_("Invite somebody"), reverse("console:invite"), True)]
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: Invitation) -> Sequence[Panel]:
        return [
            Panel(
                _("Invitation"),
                facts=[
                    Fact(_("E-mail address"), row.email),
                    Fact(_("Role"), row.get_role_display()),
                    Fact(_("Stores"), location_names(row.location_ids) or _("all")),
                    Fact(_("State"), state_of(row)),
                    Fact(_("Valid until"), row.expires_at),
                    Fact(_("Invited by"), row.invited_by),
                    Fact(_("Accepted"), row.accepted_at),
                    Fact(_("Withdrawn"), row.revoked_at),
                ],
            )
        ]


class InviteForm(ConsoleForm):
    """Whom to invite, as what."""

    email = forms.EmailField(label=_("E-mail address"), help_text=_("The link works for this address only."))
    role = forms.ChoiceField(label=_("Role"), help_text=ROLE_HELP)
    location_ids = forms.MultipleChoiceField(
        label=_("Stores"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Leave empty for all stores. Only store managers and clerks are limited to their stores."),
    )

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grantable = [(role.value, role.label) for role in Role if ROLE_CAPABILITIES[role] <= actor.capabilities]
        self.fields["role"].choices = grantable
        self.fields["role"].initial = Role.CLERK
        if choices := location_choices():
            self.fields["location_ids"].choices = choices
        else:
            del self.fields["location_ids"]


@page
class Invite(FormPage):
    """Invite somebody to the staff."""

    name = "invite"
    path = "invite/"
    title = _("Invite somebody")
    policy = Capability.STAFF_WRITE
    form_class = InviteForm
    submit = _("Send the invitation")
    parents = ((_("Invitations"), "console:accounts_invitation_changelist"),)

    def form_kwargs(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def save(self, form: forms.Form) -> HttpResponse:
        values = form.cleaned_data
        issued = invitations.invite_staff(
            actor=self.actor,
            email=values["email"],
            role=Role(values["role"]),
            location_ids=values.get("location_ids", ()),
            at=now(),
        )
        return show_link(self.request, values["email"], send(self.request, issued))


@home_card(Capability.STAFF_WRITE, order=60)
def open_invitations(request: HttpRequest) -> HomeCard | None:
    """Invitations that nobody has accepted yet."""
    waiting = list(
        Invitation.objects.filter(accepted_at=None, revoked_at=None).order_by("expires_at")[: SHOWN_ON_HOME + 1]
    )
    if not waiting:
        return None
    lines = [
        CardLine(
            invitation.email,
            gettext("expired") if invitation.expires_at <= now() else invitation.get_role_display(),
            reverse("console:accounts_invitation_change", args=(invitation.pk,)),
        )
        for invitation in waiting[:SHOWN_ON_HOME]
    ]
    url = reverse("console:accounts_invitation_changelist")
    return HomeCard(_("Invitations without an answer"), lines, url, _("All invitations"), "mail", "info")


# --- programs


def scope_choices(actor: Any, held: Sequence[str] = ()) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the permissions that the person may give to a program, grouped by what they concern."""
    grantable = {scope.value for scope in CLIENT_SCOPES & actor.capabilities} | set(held)
    groups = itertools.groupby(sorted(grantable), key=lambda scope: scope.split(":")[0])
    return [(thing, [(scope, scope) for scope in scopes]) for thing, scopes in groups]


def show_secret(request: HttpRequest, issued: clients.IssuedSecret) -> HttpResponse:
    """Show the credentials of a program, the only time that they can be shown."""
    context = {
        **site.each_context(request),
        "title": issued.client.name,
        "note": gettext("Copy the secret now. It is stored only as a checksum and cannot be shown again."),
        "secrets": [(_("Client id"), issued.client.client_id), (_("Client secret"), issued.secret)],
        "breadcrumbs": [(_("API clients"), reverse("console:accounts_apiclient_changelist"))],
        "back": reverse("console:accounts_apiclient_change", args=(issued.client.pk,)),
    }
    return TemplateResponse(request, "console/secrets.html", context)


@admin.register(ApiClient, site=site)
class ApiClientAdmin(MerchantModelAdmin):
    """The programs that act for the merchant."""

    slug = "api-clients"
    nav = Nav(NavGroup.SETTINGS, "key", 30)
    policy = {"view": Capability.API_CLIENTS_READ}
    intro = _("Programs that act for you through the API, each with its own secret and permissions.")
    list_display = ("name", "client_id", "permissions", "state", "last_token_at", "created")
    list_filter = ("is_active",)
    search_fields = ("name", "client_id")
    sortable_by = ("name", "created")
    export_columns = ("name", "client_id", "scopes", "is_active", "last_token_at", "created")
    acts = (
        Act(
            name="rotate",
            label=_("new secret"),
            demand=Capability.API_CLIENTS_WRITE,
            explain=_("A new secret is made and shown once. The old one, and all tokens got with it, stop at once."),
            apply=lambda _request, client: clients.rotate_client_secret(client_id=client.pk),
            fits=lambda client: client.is_active,
            icon="autorenew",
            is_bulk=False,
            is_destructive=True,
            answer=lambda request, _client, issued: show_secret(request, issued),
        ),
        Act(
            name="disable",
            label=_("disable for good"),
            demand=Capability.API_CLIENTS_WRITE,
            explain=_("The program is shut out from its next request on. It cannot be enabled again; make a new one."),
            apply=lambda _request, client: clients.disable_api_client(client_id=client.pk),
            fits=lambda client: client.is_active,
            icon="block",
            is_destructive=True,
        ),
    )

    @admin.display(description=_("permissions"))
    def permissions(self, client: ApiClient) -> str:
        shown = ", ".join(client.scopes[:3])
        return f"{shown} … ({len(client.scopes)})" if len(client.scopes) > 3 else shown

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, client: ApiClient) -> SafeString:
        return badge(_("active"), "success") if client.is_active else badge(_("disabled"))

    def empty_state(self, request: HttpRequest) -> EmptyState:
        may_add = request.actor.may(Capability.API_CLIENTS_WRITE)  # type: ignore[attr-defined]
        return EmptyState(
            title=_("No program has access"),
            text=_(
                "A point of sale, a mini-program or a partner gets its own client, so that you can shut out one alone."
            ),
            icon="key",
            url=reverse("console:new_api_client") if may_add else "",
            action=_("New API client"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the clients, with the way to a new one."""
        may_add = request.actor.may(Capability.API_CLIENTS_WRITE)  # type: ignore[attr-defined]
        links = [(_("New API client"), reverse("console:new_api_client"), True)] if may_add else []
        return super().changelist_view(request, {"list_links": links, **(extra_context or {})})

    def panels(self, request: HttpRequest, row: ApiClient) -> Sequence[Panel]:
        facts = [
            Fact(_("Name"), row.name),
            Fact(_("Client id"), row.client_id, is_code=True),
            Fact(_("State"), self.state(row)),
            Fact(_("Last token"), row.last_token_at, help=_("when it last signed in")),
            Fact(_("Created"), row.created),
        ]
        if row.is_active and request.actor.may(Capability.API_CLIENTS_WRITE):  # type: ignore[attr-defined]
            url = reverse("console:change_api_client", args=(row.pk,))
            facts.append(
                Fact(_("Permissions"), format_html('<a href="{}">{}</a>', url, _("Change name or permissions")))
            )
        return [
            Panel(_("Client"), facts=facts),
            Panel(_("What it may do"), code="\n".join(row.scopes)),
            Panel(_("How it signs in"), code=_sign_in_example(request, row)),
        ]


def _sign_in_example(request: HttpRequest, client: ApiClient) -> str:
    address = request.build_absolute_uri(reverse("oauth-token"))
    return f"curl -X POST {address} \\\n  -u '{client.client_id}:CLIENT_SECRET' \\\n  -d grant_type=client_credentials"


class ApiClientForm(ConsoleForm):
    """The name and the permissions of a program."""

    name = forms.CharField(label=_("Name"), max_length=255, help_text=_("What it is and where it runs."))
    scopes = forms.MultipleChoiceField(
        label=_("Permissions"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("As few as it needs. You can only give what you may do yourself."),
    )

    def __init__(self, *args: Any, actor: Any, held: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = scope_choices(actor, held)


@page
class NewApiClient(FormPage):
    """Register a program."""

    name = "new_api_client"
    path = "api-clients/new/"
    title = _("New API client")
    policy = Capability.API_CLIENTS_WRITE
    form_class = ApiClientForm
    submit = _("Create and show the secret")
    parents = ((_("API clients"), "console:accounts_apiclient_changelist"),)

    def form_kwargs(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def save(self, form: forms.Form) -> HttpResponse:
        values = form.cleaned_data
        issued = clients.create_api_client(actor=self.actor, name=values["name"], scopes=values["scopes"])
        return show_secret(self.request, issued)


@page
class ChangeApiClient(FormPage):
    """Rename a program or change what it may do."""

    name = "change_api_client"
    path = "api-clients/<uuid:client_id>/permissions/"
    title = _("Permissions")
    policy = Capability.API_CLIENTS_WRITE
    form_class = ApiClientForm
    done = _("Saved. Its tokens lose at once what is no longer granted.")
    parents = ((_("API clients"), "console:accounts_apiclient_changelist"),)

    @property
    def client(self) -> ApiClient:
        """The program whose permissions these are."""
        return site._registry[ApiClient].get_object(self.request, str(self.kwargs["client_id"]))

    def form_kwargs(self) -> dict[str, Any]:
        return {"actor": self.actor, "held": self.client.scopes}

    def initial(self) -> dict[str, Any]:
        client = self.client
        return {"name": client.name, "scopes": client.scopes}

    def save(self, form: forms.Form) -> None:
        values = form.cleaned_data
        clients.change_api_client(
            actor=self.actor, client_id=self.kwargs["client_id"], name=values["name"], scopes=values["scopes"]
        )

    def success_url(self) -> str:
        return reverse("console:accounts_apiclient_change", args=(self.kwargs["client_id"],))


@setup_step(Capability.API_CLIENTS_WRITE, order=20)
def create_an_api_client(request: HttpRequest) -> SetupStep:
    """Whether any program has access."""
    return SetupStep(
        title=_("Create an API client"),
        text=_("For the point of sale, the mini-program or a partner's system."),
        url=reverse("console:new_api_client"),
        is_done=ApiClient.objects.exists(),
        icon="key",
    )


@admin.register(User, site=platform_site)
class PersonAdmin(PlatformModelAdmin):
    """All people who can sign in."""

    slug = "people"
    nav = Nav(NavGroup.PLATFORM, "group", 20)
    policy = {"view": OPERATORS}
    list_display = ("email", "name", "language", "is_staff", "is_active", "last_login", "created_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    fields = ("email", "name", "language", "is_staff", "is_active", "last_login", "created_at")
    export_columns = ("email", "name", "is_staff", "is_active", "last_login", "created_at")
