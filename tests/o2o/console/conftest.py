"""What the tests of the consoles share: browsers that are signed in."""

from collections.abc import Callable

import pytest
from django.test import Client

from o2o.accounts.models import User
from o2o.accounts.selectors import SESSION_MERCHANT
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Merchant
from tests.factories import MembershipFactory, UserFactory

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SignIn = Callable[..., Client]


def signed_in(user: User, merchant: Merchant | None) -> Client:
    """Return a browser in which a person is signed in and has chosen a merchant."""
    client = Client()
    client.force_login(user, backend=BACKEND)
    if merchant is not None:
        session = client.session
        session[SESSION_MERCHANT] = str(merchant.pk)
        session.save()
    return client


@pytest.fixture
def sign_in(merchant: Merchant) -> SignIn:
    """Sign somebody of a role in, at ``merchant`` unless another is given."""

    def enter(role: Role = Role.OWNER, at: Merchant | None = None, **fields: object) -> Client:
        membership = MembershipFactory(merchant=at or merchant, role=role, **fields)
        return signed_in(membership.user, at or merchant)

    return enter


@pytest.fixture
def owner(sign_in: SignIn) -> Client:
    """The browser of an owner, who reads English."""
    return sign_in(Role.OWNER, user__language="en")


@pytest.fixture
def operator(db: None) -> Client:
    """The browser of a platform operator."""
    return signed_in(UserFactory(is_staff=True, language="en"), None)
