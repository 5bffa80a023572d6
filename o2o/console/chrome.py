"""What stands around the content: merchants to switch to, languages, the banner of the demo."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from o2o.accounts.selectors import merchants_for
from o2o.console.components import Text

# Pages of one's own account: name of the address, what the link says, its icon.
ACCOUNT_PAGES: tuple[tuple[str, Text, str], ...] = (
    ("account_email", _("E-mail address"), "mail"),
    ("account_change_password", _("Password"), "password"),
    ("mfa_index", _("Second factor and passkeys"), "passkey"),
    ("usersessions_list", _("Where I am signed in"), "devices"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the user menu."""

    title: Text
    url: str
    icon: str


def context(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of a page shows for this person."""
    merchant = getattr(request, "merchant", None)
    return {
        "merchant": merchant,
        "merchants": merchants_for(request) if merchant else (),
        "actor": getattr(request, "actor", None),
        "is_platform": getattr(request, "is_platform", False),
        "is_demo": getattr(settings, "O2O_DEMO", False),
        "site_header": merchant.name if merchant else "O2O",
        "here": request.get_full_path() if request.method == "GET" else request.path,
        "user_links": list(user_links(request)),
    }


def user_links(request: HttpRequest) -> Iterator[Link]:
    """Yield the pages of the person's own account, and the other console where they may open it."""
    for name, title, icon in ACCOUNT_PAGES:
        try:
            yield Link(title, reverse(name), icon)
        except NoReverseMatch:  # pragma: no cover - a part of allauth that is not installed
            continue
    if getattr(request, "is_platform", False):
        yield Link(_("Merchant console"), reverse("console:index"), "storefront")
    elif request.user.is_staff:
        yield Link(_("Platform site"), reverse("platform:index"), "dns")
