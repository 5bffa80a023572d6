"""Somebody to call the API: made anew at each run, in tables that outlive it."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.contenttypes.models import ContentType
from django.test import Client
from oauth2_provider.models import AccessToken

from o2o.accounts.models import ApiClient, User
from o2o.accounts.selectors import SESSION_MERCHANT
from o2o.kit import clock
from o2o.tenancy.capabilities import CLIENT_SCOPES
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import platform_transaction

STAFF = 20


@dataclass(frozen=True, slots=True)
class Callers:
    """The headers of a program and of a person, and a row that belongs to nobody."""

    program: dict[str, str]
    person: dict[str, str]
    content_type_id: int


def make_callers() -> Callers:
    """Make a merchant with staff, a program with a token and an owner with a session."""
    run = uuid.uuid4().hex[:8]
    with platform_transaction():
        merchant = Merchant.objects.create(name=f"Bench {run}", slug=f"bench-{run}")
        people = [User.objects.create_user(f"bench-{run}-{number}@example.com") for number in range(STAFF)]
        for person in people:
            Membership.objects.create(merchant=merchant, user=person, role=Role.OWNER)
        program = ApiClient.objects.create(
            merchant=merchant,
            name="bench",
            client_type=ApiClient.CLIENT_CONFIDENTIAL,
            authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
            scopes=sorted(CLIENT_SCOPES),
        )
        token = f"o2o_{uuid.uuid4().hex}"
        AccessToken.objects.create(
            application=program,
            token=token,
            scope=" ".join(sorted(CLIENT_SCOPES)),
            expires=clock.now() + timedelta(hours=1),
        )
    content_type = ContentType.objects.get_for_model(Merchant)
    return Callers({"Authorization": f"Bearer {token}"}, _session(people[0], merchant), content_type.pk)


def browser_of(slug: str) -> tuple[uuid.UUID, Client]:
    """Return a merchant's id and the browser of a new owner."""
    with platform_transaction():
        merchant = Merchant.objects.get(slug=slug)
        person = User.objects.create_user(f"bench-{uuid.uuid4().hex[:8]}@example.com")
        Membership.objects.create(merchant=merchant, user=person, role=Role.OWNER)
    return merchant.pk, _signed_in(person, merchant)


def _session(person: User, merchant: Merchant) -> dict[str, str]:
    return {"Cookie": f"sessionid={_signed_in(person, merchant).cookies['sessionid'].value}"}


def _signed_in(person: User, merchant: Merchant) -> Client:
    browser = Client()
    browser.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    session = browser.session
    session[SESSION_MERCHANT] = str(merchant.pk)
    session.save()
    return browser
