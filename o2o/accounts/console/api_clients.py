"""API clients, the programs that act for a merchant, on screen."""

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

from o2o.accounts.models import ApiClient
from o2o.accounts.services import clients
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
    SetupStep,
    badge,
    page,
    setup_step,
    site,
)
from o2o.tenancy.capabilities import CLIENT_SCOPES, Capability


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
