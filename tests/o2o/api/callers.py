"""Those who call every route in generated tests: staff of each role with a session, a program, and nobody."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.test import Client

from o2o.accounts.selectors import SESSION_MERCHANT
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from tests.factories import MembershipFactory, UserFactory
from tests.o2o.api.conftest import make_token

PROGRAM = "program"
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with the headers and cookies that say who they are."""

    name: str
    headers: dict[str, str]
    cookies: dict[str, str]

    def client(self, **options: Any) -> Client:
        """Return a test client that calls as them."""
        client = Client(headers=self.headers, **options)
        for name, value in self.cookies.items():
            client.cookies[name] = value
        return client


def staff(merchant: Merchant, role: Role) -> Caller:
    """Hire somebody and sign them in, with the CSRF token that their pages would have."""
    membership = MembershipFactory(merchant=merchant, role=role, user=UserFactory())
    client = Client()
    client.force_login(membership.user, "allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[SESSION_MERCHANT] = str(merchant.pk)
    session.save()
    token = "a" * 32
    cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": token}
    return Caller(role.value, {"X-CSRFToken": token}, cookies)


def program(merchant: Merchant) -> Caller:
    """Make a program with all scopes that programs can have."""
    return Caller(PROGRAM, {"Authorization": f"Bearer {make_token(merchant)}"}, {})


def nobody(_merchant: Merchant) -> Caller:
    """Somebody without credentials."""
    return Caller(NOBODY, {}, {})


def maker(name: str) -> Callable[[Merchant], Caller]:
    """Return who makes the caller of that name."""
    if name == PROGRAM:
        return program
    if name == NOBODY:
        return nobody
    return lambda merchant: staff(merchant, Role(name))
