"""Pages of people: the choice of merchant, accepting an invitation, one's profile, and being locked out."""

import uuid
from collections.abc import Mapping
from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from o2o.accounts.forms import NewPersonForm, ProfileForm
from o2o.accounts.languages import with_language
from o2o.accounts.models import Invitation
from o2o.accounts.selectors import actor_for, choose_merchant, chosen_merchant_id, merchants_for
from o2o.accounts.services.invitations import (
    InvitationNotValidError,
    NewPerson,
    OtherAddressError,
    accept_as_new_person,
    accept_invitation,
    find_invitation,
    has_account,
)
from o2o.kit import clock
from o2o.kit.errors import NotFoundError
from o2o.tenancy.models import Membership
from o2o.tenancy.services import AlreadyStaffError

SESSION_INVITATION = "invitation"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the merchant to work for; the only one there is needs no choice."""
    if request.method == "POST":
        return _choose(request, request.POST.get("merchant", ""))
    merchants = merchants_for(request)
    if len(merchants) == 1 and chosen_merchant_id(request) != merchants[0].pk:
        return _choose(request, str(merchants[0].pk))
    context = {
        "merchants": merchants,
        "chosen_id": chosen_merchant_id(request),
        "lacks_second_factor": _lacks_second_factor(request),
    }
    return render(request, "account/choose_merchant.html", context)


@never_cache
@login_not_required
@require_safe
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Take the secret out of the address, where histories and logs would keep it, and show the invitation."""
    request.session[SESSION_INVITATION] = token
    return HttpResponseRedirect(reverse("invitation"))


@never_cache
@login_not_required
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Accept an invitation: signed in as the person invited, or by opening an account."""
    token = request.session.get(SESSION_INVITATION, "")
    try:
        found = find_invitation(token=token, at=clock.now())
        if request.user.is_authenticated:
            return _accept_signed_in(request, found, token)
        if has_account(found.email):
            return redirect_to_login(reverse("invitation"), reverse(settings.LOGIN_URL))
        return _accept_new(request, found, token)
    except InvitationNotValidError:
        request.session.pop(SESSION_INVITATION, None)
        return render(request, "account/invitation_not_valid.html", status=404)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Change one's name and language."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return with_language(HttpResponseRedirect(reverse("account_profile")), form.instance.language)
    return render(request, "account/profile.html", {"form": form})


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Say that the door is closed for a while and what helps; the same whether there is such an account or not."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    answer = render(request, "account/locked_out.html", {"minutes": minutes}, status=429)
    answer["Retry-After"] = str(minutes * 60)
    answer["Cache-Control"] = "no-store"
    return answer


def _choose(request: HttpRequest, merchant_id: str) -> HttpResponse:
    try:
        choose_merchant(request, uuid.UUID(merchant_id))
    except (ValueError, NotFoundError) as error:
        raise Http404 from error
    if _lacks_second_factor(request):
        messages.warning(request, _("This merchant asks for a second factor. Set one up to go on."))
        return HttpResponseRedirect(reverse("mfa_index"))
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if is_ours else settings.LOGIN_REDIRECT_URL)


def _lacks_second_factor(request: HttpRequest) -> bool:
    merchant_id = chosen_merchant_id(request)
    return any(
        merchant.pk == merchant_id and merchant.requires_second_factor for merchant in merchants_for(request)
    ) and (actor_for(request) is None)


def _accept_signed_in(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    context = {"invitation": found, "is_other_address": False}
    if request.method != "POST":
        return render(request, "account/invitation.html", context)
    try:
        membership = accept_invitation(token=token, user=request.user, at=clock.now())  # type: ignore[arg-type]
    except OtherAddressError:
        return render(request, "account/invitation.html", {**context, "is_other_address": True}, status=403)
    except AlreadyStaffError:
        request.session.pop(SESSION_INVITATION, None)
        return _choose(request, str(found.merchant_id))
    return _welcome(request, membership)


def _accept_new(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    form = NewPersonForm(request.POST or None, email=found.email)
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/invitation.html", {"invitation": found, "form": form})
    person = NewPerson(
        name=form.cleaned_data["name"], password=form.cleaned_data["password1"], language=get_language() or ""
    )
    user, membership = accept_as_new_person(token=token, person=person, at=clock.now())
    answer = perform_login(request, user, email=user.email, redirect_url=settings.LOGIN_REDIRECT_URL)
    if request.user.is_authenticated:
        return _welcome(request, membership)
    return answer


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    request.session.pop(SESSION_INVITATION, None)
    messages.success(request, _("Welcome to %(merchant)s.") % {"merchant": membership.merchant.name})
    return _choose(request, str(membership.merchant_id))
