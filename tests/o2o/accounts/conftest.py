"""What the tests of people and clients share."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from o2o.accounts.models import User
from o2o.accounts.services.clients import IssuedSecret, create_api_client
from o2o.accounts.services.invitations import create_person
from o2o.kit import clock
from o2o.tenancy.actor import Actor
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from o2o.tenancy.selectors import actor_of
from tests.factories import MembershipFactory

PASSWORD = "correct-horse-battery"
LOGIN = "/account/login/"
SECOND = "/account/2fa/authenticate/"


@pytest.fixture
def person(db: None) -> User:
    """Somebody with an account, who works for nobody yet."""
    return create_person(email="alice@example.com", name="Alice", password=PASSWORD)


@pytest.fixture
def owner(merchant: Merchant) -> Actor:
    """The owner of ``merchant``."""
    return actor_of(MembershipFactory(merchant=merchant, role=Role.OWNER, user__email="owner@example.com"))


@pytest.fixture
def new_client(merchant: Merchant, owner: Actor) -> Callable[..., IssuedSecret]:
    """Make API clients of ``merchant``."""

    def make(*scopes: str) -> IssuedSecret:
        with tenant_transaction(merchant.pk):
            return create_api_client(actor=owner, name="Till", scopes=scopes or ("merchant:read",))

    return make


@pytest.fixture
def browser() -> Client:
    """A browser that keeps to CSRF."""
    return Client(enforce_csrf_checks=False)


@pytest.fixture
def still() -> Iterator[None]:
    """Stop the clock, so that no code of an authenticator app runs out on the way."""
    with clock.frozen(clock.now()):
        yield
