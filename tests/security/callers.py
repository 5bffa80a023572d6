"""Everybody who may come to the door of the API."""

from collections.abc import Mapping
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


def everybody(merchant: Merchant) -> Mapping[str, Caller]:
    """Return a caller for each role, API clients with all and with no scopes, and nobody."""
    return {
        **{role.value: Caller(staff(merchant, role), ROLE_CAPABILITIES[role]) for role in Role},
        "client with all scopes": Caller(program(merchant, CLIENT_SCOPES), frozenset(CLIENT_SCOPES)),
        "client without scopes": Caller(program(merchant, NOTHING), NOTHING),
        "nobody": Caller(APIClient(), None),
    }


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
