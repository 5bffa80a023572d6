"""Invitations: one link, one person, once."""

import base64
import re
import threading
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from o2o.accounts.models import Invitation, User
from o2o.accounts.services import invitations
from o2o.accounts.services.invitations import (
    InvitationNotValidError,
    IssuedInvitation,
    OtherAddressError,
    accept_invitation,
    create_person,
    invite_staff,
    resend_invitation,
    revoke_invitation,
)
from o2o.accounts.tasks import send_mail
from o2o.kit import clock
from o2o.kit.errors import ForbiddenError, NotFoundError
from o2o.tenancy.actor import Actor
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from o2o.tenancy.selectors import actor_of
from o2o.tenancy.services import AlreadyStaffError, deactivate_membership
from tests.factories import MembershipFactory, MerchantFactory, UserFactory
from tests.o2o.accounts.conftest import PASSWORD

NEW = {"name": "Alice", "password1": PASSWORD, "password2": PASSWORD}
STORE = uuid.uuid4()


def invite(owner: Actor, email: str = "alice@example.com", role: Role = Role.CLERK) -> IssuedInvitation:
    with tenant_transaction(owner.merchant_id):
        return invite_staff(actor=owner, email=email, role=role, location_ids=[STORE], at=clock.now())


def open_link(token: str, browser: Client | None = None) -> Client:
    browser = browser or Client()
    assert browser.get(f"/account/invitation/{token}/")["Location"] == "/account/invitation/"
    return browser


def staff(merchant: Merchant) -> list[tuple[str, str]]:
    with tenant_transaction(merchant.pk):
        return sorted(
            (member.user.email, member.role)
            for member in Membership.objects.select_related("user").filter(is_active=True)
        )


def test_new_person_opens_an_account_and_is_in(owner: Actor, merchant: Merchant) -> None:
    browser = open_link(invite(owner, "Alice@Example.com").token)
    page = browser.get("/account/invitation/")
    assert b"Tea House" in page.content
    assert b'value="alice@example.com"' in page.content
    assert browser.post("/account/invitation/", NEW)["Location"] == "/"
    assert ("alice@example.com", "clerk") in staff(merchant)
    me = browser.get("/api/v1/merchant")
    assert me.status_code == 200
    with tenant_transaction(merchant.pk):
        assert Membership.objects.get(user__email="alice@example.com").location_ids == [STORE]


def test_person_with_an_account_signs_in_to_accept(owner: Actor, merchant: Merchant, person: User) -> None:
    browser = open_link(invite(owner).token)
    answer = browser.get("/account/invitation/")
    assert answer["Location"] == "/account/login/?next=/account/invitation/"
    body = {"login": "alice@example.com", "password": PASSWORD, "next": "/account/invitation/"}
    assert browser.post("/account/login/", body)["Location"] == "/account/invitation/"
    assert browser.post("/account/invitation/")["Location"] == "/"
    assert ("alice@example.com", "clerk") in staff(merchant)
    assert browser.session["merchant_id"] == str(merchant.pk)


def test_link_cannot_take_over_an_account(owner: Actor, person: User) -> None:
    browser = open_link(invite(owner).token)
    assert (
        browser.post("/account/invitation/", {**NEW, "password1": "x" * 20, "password2": "x" * 20}).status_code == 302
    )
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_link_works_once(owner: Actor, merchant: Merchant) -> None:
    token = invite(owner).token
    open_link(token).post("/account/invitation/", NEW)
    assert open_link(token).get("/account/invitation/").status_code == 404


def test_somebody_else_who_is_signed_in_cannot_accept(owner: Actor, merchant: Merchant) -> None:
    bob = create_person(email="bob@example.com", name="Bob", password=PASSWORD)
    browser = Client()
    browser.force_login(bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    open_link(invite(owner).token, browser)
    answer = browser.post("/account/invitation/")
    assert answer.status_code == 403
    assert b"alice@example.com" not in answer.content
    assert staff(merchant) == [("owner@example.com", "owner")]


def test_all_dead_links_read_the_same(owner: Actor, merchant: Merchant) -> None:
    used, revoked, expired = (invite(owner, f"{name}@example.com") for name in ("used", "revoked", "expired"))
    open_link(used.token).post("/account/invitation/", NEW)
    with tenant_transaction(merchant.pk):
        revoke_invitation(invitation_id=revoked.invitation.pk, at=clock.now())
        Invitation.objects.filter(pk=expired.invitation.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    never = base64.urlsafe_b64encode(merchant.pk.bytes + b"x" * 32).decode()
    nowhere = base64.urlsafe_b64encode(uuid.uuid4().bytes + b"x" * 32).decode()
    pages = set()
    for token in (used.token, revoked.token, expired.token, never, nowhere, "rubbish", "é", "A" * 500):
        answer = open_link(token).get("/account/invitation/")
        assert answer.status_code == 404
        pages.add(re.sub(r'value="[^"]{60,}"', "", answer.content.decode()))
    assert len(pages) == 1


def test_link_is_good_for_a_week(owner: Actor) -> None:
    token = invite(owner).token
    with clock.frozen(clock.now() + timedelta(days=6, hours=23)):
        assert open_link(token).get("/account/invitation/").status_code == 200
    with clock.frozen(clock.now() + timedelta(days=7, seconds=1)):
        assert open_link(token).get("/account/invitation/").status_code == 404


def test_secret_of_the_link_is_not_stored(owner: Actor) -> None:
    issued = invite(owner)
    with platform_transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT accounts_invitation::text FROM accounts_invitation")
        assert issued.token not in cursor.fetchone()[0]
        cursor.execute("SELECT accounts_invitationevent::text FROM accounts_invitationevent")
        assert issued.invitation.token_checksum not in cursor.fetchone()[0]


def test_second_invitation_replaces_the_first(owner: Actor, merchant: Merchant) -> None:
    first = invite(owner)
    with tenant_transaction(merchant.pk):
        second = resend_invitation(actor=owner, invitation_id=first.invitation.pk, at=clock.now())
        assert Invitation.objects.filter(revoked_at=None).count() == 1
    assert open_link(first.token).get("/account/invitation/").status_code == 404
    assert open_link(second.token).get("/account/invitation/").status_code == 200


def test_accepted_invitation_is_not_sent_again(owner: Actor, merchant: Merchant) -> None:
    issued = invite(owner)
    open_link(issued.token).post("/account/invitation/", NEW)
    with tenant_transaction(merchant.pk):
        with pytest.raises(NotFoundError):
            resend_invitation(actor=owner, invitation_id=issued.invitation.pk, at=clock.now())
        with pytest.raises(NotFoundError):
            revoke_invitation(invitation_id=issued.invitation.pk, at=clock.now())


def test_staff_are_not_invited_twice(owner: Actor) -> None:
    open_link(invite(owner).token).post("/account/invitation/", NEW)
    with pytest.raises(AlreadyStaffError):
        invite(owner)


def test_former_staff_come_back_in_the_new_role(owner: Actor, merchant: Merchant) -> None:
    open_link(invite(owner).token).post("/account/invitation/", NEW)
    with tenant_transaction(merchant.pk):
        member = Membership.objects.get(user__email="alice@example.com")
        deactivate_membership(actor=owner, membership_id=member.pk)
    again = invite(owner, role=Role.ANALYST)
    accept_invitation(token=again.token, user=member.user, at=clock.now())
    assert ("alice@example.com", "analyst") in staff(merchant)


def test_nobody_invites_to_a_stronger_role(merchant: Merchant) -> None:
    manager = actor_of(MembershipFactory(merchant=merchant, role=Role.STORE_MANAGER))
    with pytest.raises(ForbiddenError):
        invite(manager, role=Role.OWNER)


def test_weak_password_is_refused(owner: Actor, merchant: Merchant) -> None:
    browser = open_link(invite(owner).token)
    for password in ("short1", "password123", "alice@example.com"):
        body = {**NEW, "password1": password, "password2": password}
        assert browser.post("/account/invitation/", body).status_code == 200
    assert browser.post("/account/invitation/", {**NEW, "password2": "other-long-phrase"}).status_code == 200
    assert staff(merchant) == [("owner@example.com", "owner")]


def test_mail_carries_the_link(owner: Actor, merchant: Merchant) -> None:
    browser = Client()
    browser.force_login(User.objects.get(pk=owner.id), backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = browser.post(
        "/api/v1/invitations",
        {"email": "alice@example.com", "role": "clerk"},
        content_type="application/json",
        headers={"Idempotency-Key": "one"},
    )
    assert answer.status_code == 201, answer.content
    send_mail()
    message = mail.outbox[0]
    assert message.to == ["alice@example.com"]
    token = re.search(r"http://testserver/account/invitation/(\S+)/", message.body)[1]
    assert token not in answer.content.decode()
    assert open_link(token).get("/account/invitation/").status_code == 200


def test_invitation_of_another_merchant_is_not_found(owner: Actor, other_merchant: Merchant) -> None:
    theirs = actor_of(MembershipFactory(merchant=other_merchant, role=Role.OWNER))
    issued = invite(theirs, "carol@example.com")
    browser = Client()
    browser.force_login(User.objects.get(pk=owner.id), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get("/api/v1/invitations").json()["results"] == []
    url = f"/api/v1/invitations/{issued.invitation.pk}"
    assert browser.get(url).status_code == 404
    assert browser.delete(url, headers={"Idempotency-Key": "one"}).status_code == 404
    assert open_link(issued.token).get("/account/invitation/").status_code == 200


def accepted_by(count: int, *, email: str = "alice@example.com") -> int:
    merchant = MerchantFactory()
    owner = actor_of(MembershipFactory(merchant=merchant, role=Role.OWNER))
    people = UserFactory.create_batch(count)
    token = invite(owner, email).token
    start = threading.Barrier(count)
    joined: list[str] = []

    def accept(user: User) -> None:
        try:
            start.wait()
            accept_invitation(token=token, user=user, at=clock.now())
            joined.append(user.email)
        except (InvitationNotValidError, OtherAddressError):
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(staff(merchant)) == 1 + len(joined)
    return len(joined)


@pytest.mark.usefixtures("committed_db")
def test_one_of_many_who_hold_the_link_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    # The check of the address would let one through at most; here it is the link alone that counts.
    monkeypatch.setattr(invitations, "_owns_address", lambda *_args: True)
    assert [accepted_by(8) for _round in range(5)] == [1] * 5


@pytest.mark.usefixtures("committed_db")
def test_without_the_condition_many_get_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: looking first and writing afterwards."""
    monkeypatch.setattr(invitations, "_owns_address", lambda *_args: True)

    def take(token: str, user: User, at: object) -> None:
        Invitation.objects.filter(token_checksum=invitations._checksum(token)).update(accepted_at=at, accepted_by=user)

    monkeypatch.setattr(invitations, "_take", take)
    assert max(accepted_by(8) for _round in range(5)) > 1


@pytest.mark.usefixtures("committed_db")
def test_commands_set_up_a_merchant_and_an_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    call_command("create_merchant", name="Noodle Bar", owner_email="Boss@example.com", stdout=out)
    link = re.search(r"/account/invitation/\S+", out.getvalue())[0]
    browser = Client()
    browser.get(link)
    browser.post("/account/invitation/", NEW)
    assert browser.get("/api/v1/merchant").json()["slug"] == "noodle-bar"
    with pytest.raises(CommandError):
        call_command("create_merchant", name="X", owner_email="boss@example.com", currency="ZZZ", stdout=out)
    monkeypatch.setenv("O2O_OPERATOR_PASSWORD", PASSWORD)
    call_command("create_operator", email="Op@example.com", stdout=out)
    operator = User.objects.get(email="op@example.com")
    assert operator.is_staff
    with pytest.raises(CommandError):
        call_command("create_operator", email="op@example.com", stdout=out)
    monkeypatch.setenv("O2O_OPERATOR_PASSWORD", "short")
    with pytest.raises(CommandError):
        call_command("create_operator", email="op2@example.com", stdout=out)
