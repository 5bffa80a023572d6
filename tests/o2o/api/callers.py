"""Those who call every route in generated tests: staff of each role with a session, a program, and nobody."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.test import Client

from o2o.accounts.selectors import SESSION_MERCHANT
from o2o.api.policy import AUTHENTICATED, PUBLIC
from o2o.api.routes import Route
from o2o.tenancy.capabilities import CLIENT_SCOPES, ROLE_CAPABILITIES, Capability
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from tests.factories import MembershipFactory, UserFactory
from tests.o2o.api.conftest import make_token

PROGRAM, BARE_PROGRAM, NOBODY = "program", "program without scopes", "nobody"
EVERYBODY = (*Role.values, PROGRAM, BARE_PROGRAM, NOBODY)
NOTHING: frozenset[Capability] = frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with the headers and cookies that say who they are, and what they were granted."""

    name: str
    headers: dict[str, str]
    cookies: dict[str, str]
    granted: frozenset[Capability]

    def may(self, route: Route) -> bool:
        """Say whether the route's policy lets them in."""
        if route.rule is PUBLIC or self.name == NOBODY:
            return route.rule is PUBLIC
        return route.rule is AUTHENTICATED or route.rule in self.granted

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
    return Caller(role.value, {"X-CSRFToken": token}, cookies, ROLE_CAPABILITIES[role])


def program(merchant: Merchant, name: str = PROGRAM) -> Caller:
    """Make a program with all scopes that programs can have, or with none."""
    scopes = frozenset(CLIENT_SCOPES) if name == PROGRAM else NOTHING
    return Caller(name, {"Authorization": f"Bearer {make_token(merchant, scopes)}"}, {}, scopes)


def maker(name: str) -> Callable[[Merchant], Caller]:
    """Return who makes the caller of that name, one of ``EVERYBODY``."""
    if name in (PROGRAM, BARE_PROGRAM):
        return lambda merchant: program(merchant, name)
    if name == NOBODY:
        return lambda _merchant: Caller(NOBODY, {}, {}, NOTHING)
    return lambda merchant: staff(merchant, Role(name))
