"""Callers of the API, each with real credentials."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from oauth2_provider.models import AccessToken

from o2o.accounts.models import ApiClient
from o2o.kit import clock
from o2o.tenancy.capabilities import CLIENT_SCOPES
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction

Api = Callable[..., Client]


def make_token(merchant: Merchant, scopes: Iterable[str] = CLIENT_SCOPES, *, client: ApiClient | None = None) -> str:
    """Make an API client of a merchant and return an access token of it."""
    granted = sorted(scopes)
    with tenant_transaction(merchant.pk):
        owner = client or ApiClient.objects.create(
            name=f"Shop system {uuid4().hex[:6]}",
            client_type=ApiClient.CLIENT_CONFIDENTIAL,
            authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
            scopes=granted,
        )
        token = f"o2o_{uuid4().hex}"
        AccessToken.objects.create(
            application=owner, token=token, scope=" ".join(granted), expires=clock.now() + timedelta(hours=1)
        )
    return token


@pytest.fixture
def api() -> Api:
    """Make a browserless client with a token: ``api(merchant)``."""

    def make(merchant: Merchant, scopes: Iterable[str] = CLIENT_SCOPES, **options: Any) -> Client:
        return Client(
            headers={"authorization": f"Bearer {make_token(merchant, scopes)}", "accept": "application/json"}, **options
        )

    return make


@pytest.fixture
def probes(settings: Any) -> None:
    """Serve the views of ``probe``."""
    settings.ROOT_URLCONF = "tests.o2o.api.probe"


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Begin with full buckets."""
    cache.clear()
