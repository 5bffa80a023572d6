"""Who comes in at the door of the merchant console, and as whom."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pghistory
import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from o2o.accounts.selectors import actor_for
from o2o.kit.addresses import client_address
from o2o.tenancy.acting import acting_as
from o2o.tenancy.actor import Actor
from o2o.tenancy.enums import Origin
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import platform_transaction, tenant_scope

CHOOSE_MERCHANT = "choose_merchant"


def admit_to_merchant(request: HttpRequest) -> HttpResponse | None:
    """Put the actor and merchant on the request, or answer with the way to sign in or to choose a merchant."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), reverse(settings.LOGIN_URL))
    actor = actor_for(request)
    if actor is None:
        return HttpResponseRedirect(reverse(CHOOSE_MERCHANT))
    request.actor = actor  # type: ignore[attr-defined]
    request.is_platform = False  # type: ignore[attr-defined]
    return None


def admit_to_platform(request: HttpRequest) -> HttpResponse | None:
    """Let operators of the platform in, and nobody else: to others the site does not exist."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), reverse(settings.LOGIN_URL))
    if not (request.user.is_staff and request.user.is_active):
        return HttpResponseRedirect(reverse("console:index"))
    request.actor = None  # type: ignore[attr-defined]
    request.is_platform = True  # type: ignore[attr-defined]
    speak(request, fallback="")
    return None


def speak(request: HttpRequest, *, fallback: str) -> None:
    """Use the person's language where this browser has not chosen one; else the merchant's."""
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return
    language = getattr(request.user, "language", "") or fallback
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()


@contextmanager
def merchant_work(request: HttpRequest) -> Iterator[None]:
    """Serve a request in the scope of its merchant, in its time zone, and say in the audit trail who did it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    with tenant_scope(actor.merchant_id):
        merchant = merchant_of(request, actor)
        speak(request, fallback=merchant.language)
        with (
            timezone.override(time_zone(merchant.time_zone)),
            acting_as(actor, origin=Origin.CONSOLE, request_id=request_id(request), address=client_address(request)),
        ):
            yield


def merchant_of(request: HttpRequest, actor: Actor) -> Merchant:
    """Return the merchant for whom the request is served, asked once for each request."""
    if not hasattr(request, "merchant"):
        request.merchant = Merchant.objects.get(pk=actor.merchant_id)  # type: ignore[attr-defined]
    return request.merchant  # type: ignore[attr-defined]


@contextmanager
def platform_work(request: HttpRequest) -> Iterator[None]:
    """Serve a request over all merchants."""
    with (
        platform_transaction(),
        operating_as(request),
    ):
        yield


def platform_rows() -> AbstractContextManager[None]:
    """Open a transaction over all merchants, for an export that outlives its request."""
    return platform_transaction()


@contextmanager
def operating_as(request: HttpRequest) -> Iterator[None]:
    """Name the operator in each audit entry and line of the log that the block causes."""
    context = {"actor_kind": "operator", "actor_id": str(request.user.pk), "request_id": request_id(request)}
    with (
        structlog.contextvars.bound_contextvars(**context),
        pghistory.context(**context, actor_label=str(request.user), address=client_address(request)),
    ):
        yield


def request_id(request: HttpRequest) -> str:
    """Return the id under which the logs know this request."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def time_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name, UTC where the name is unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
