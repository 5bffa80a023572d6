"""Invitations to the staff, on screen."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from o2o.accounts.models import Invitation
from o2o.accounts.services import invitations
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
from o2o.console.locations import location_choices, location_names
from o2o.kit.clock import now
from o2o.tenancy.capabilities import ROLE_CAPABILITIES, Capability
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
