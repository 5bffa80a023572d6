"""Everybody who may come to the door of the API."""

from dataclasses import dataclass
from datetime import timedelta

from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from o2o.accounts.models import ApiClient
from o2o.kit import clock
from o2o.kit.models import uuid7
from o2o.tenancy.capabilities import CLIENT_SCOPES, ROLE_CAPABILITIES, Capability
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.factories import MembershipFactory

NOTHING: frozenset[Capability] = frozenset()


@dataclass(frozen=True)
class Caller:
    """A signed-in (or anonymous) client and what it was granted."""

    client: APIClient
    capabilities: frozenset[Capability] | None

    def may(self, capability: Capability) -> bool:
        return self.capabilities is not None and capability in self.capabilities


PROGRAM, BARE_PROGRAM, NOBODY = "client with all scopes", "client without scopes", "nobody"
EVERYBODY = (*Role.values, PROGRAM, BARE_PROGRAM, NOBODY)


def caller(name: str, merchant: Merchant) -> Caller:
    """Return one of ``EVERYBODY``, freshly signed in."""
    if name == NOBODY:
        return Caller(APIClient(), None)
    if name in {PROGRAM, BARE_PROGRAM}:
        scopes = frozenset(CLIENT_SCOPES) if name == PROGRAM else NOTHING
        return Caller(program(merchant, scopes), scopes)
    return Caller(staff(merchant, Role(name)), ROLE_CAPABILITIES[Role(name)])


def staff(merchant: Merchant, role: Role) -> APIClient:
    """Sign a new staff member in."""
    membership = MembershipFactory(merchant=merchant, role=role)
    client = APIClient()
    client.force_login(membership.user)
    session = client.session
    session["merchant_id"] = str(merchant.pk)
    session.save()
    return client


def program(merchant: Merchant, scopes: frozenset[Capability]) -> APIClient:
    """Make an API client with a token."""
    with tenant_transaction(merchant.pk):
        api_client = ApiClient.objects.create(
            name="Till",
            client_type="confidential",
            authorization_grant_type="client-credentials",
            scopes=sorted(scopes),
        )
    token = AccessToken.objects.create(
        application=api_client,
        token=uuid7().hex,
        scope=" ".join(sorted(scopes)),
        expires=clock.now() + timedelta(hours=1),
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token.token}")
    return client
