"""Staff: out at the next request, never higher than they were put, never without an owner (S5)."""

import threading
import uuid

import pytest
from django.db import connection
from django.test import Client

from o2o.accounts.models import User
from o2o.kit.errors import ForbiddenError, NotFoundError
from o2o.tenancy import services
from o2o.tenancy.actor import Actor
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from o2o.tenancy.selectors import actor_of
from o2o.tenancy.services import LastOwnerError, change_staff, deactivate_membership, reactivate_membership
from tests.factories import MembershipFactory, MerchantFactory

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def session_of(membership: Membership) -> Client:
    browser = Client(headers={"Idempotency-Key": "one"})
    browser.force_login(membership.user, backend=BACKEND)
    return browser


@pytest.fixture
def clerk(merchant: Merchant) -> Membership:
    return MembershipFactory(merchant=merchant)


def test_disabled_clerk_is_out_at_the_next_request(clerk: Membership, merchant: Merchant, owner: Actor) -> None:
    browser = session_of(clerk)
    assert browser.get("/api/v1/merchant").status_code == 200
    with tenant_transaction(merchant.pk):
        deactivate_membership(actor=owner, membership_id=clerk.pk)
    assert browser.get("/api/v1/merchant").status_code == 401
    with tenant_transaction(merchant.pk):
        reactivate_membership(actor=owner, membership_id=clerk.pk)
    assert browser.get("/api/v1/merchant").status_code == 200


def test_disabled_person_and_disabled_merchant_are_out_at_the_next_request(
    clerk: Membership, merchant: Merchant
) -> None:
    browser = session_of(clerk)
    with platform_transaction():
        Merchant.objects.update(is_active=False)
    assert browser.get("/api/v1/merchant").status_code == 401
    with platform_transaction():
        Merchant.objects.update(is_active=True)
    assert browser.get("/api/v1/merchant").status_code == 200
    User.objects.update(is_active=False)
    assert browser.get("/api/v1/merchant").status_code == 401


def test_role_taken_away_is_gone_at_the_next_request(merchant: Merchant, owner: Actor) -> None:
    operations = MembershipFactory(merchant=merchant, role=Role.OPERATIONS)
    browser = session_of(operations)
    assert browser.get("/api/v1/staff").status_code == 200
    with tenant_transaction(merchant.pk):
        change_staff(actor=owner, membership_id=operations.pk, role=Role.CLERK)
    assert browser.get("/api/v1/staff").status_code == 403


def test_merchant_forged_into_the_session_opens_nothing(clerk: Membership, other_merchant: Merchant) -> None:
    browser = session_of(clerk)
    session = browser.session
    for forged in (str(other_merchant.pk), str(uuid.uuid4()), "nonsense", None, 7):
        session["merchant_id"] = forged
        session.save()
        assert browser.get("/api/v1/merchant").status_code == 401


def test_wrong_merchant_is_not_found(clerk: Membership, other_merchant: Merchant) -> None:
    browser = session_of(clerk)
    for wrong in (str(other_merchant.pk), str(uuid.uuid4()), "nonsense", ""):
        assert browser.post("/account/merchant/", {"merchant": wrong}).status_code == 404
    assert browser.session["merchant_id"] == str(clerk.merchant_id)


def test_person_of_two_merchants_chooses(clerk: Membership, other_merchant: Merchant) -> None:
    MembershipFactory(user=clerk.user, merchant=other_merchant, role=Role.OWNER)
    browser = session_of(clerk)
    assert browser.get("/api/v1/merchant").status_code == 401
    page = browser.get("/account/merchant/").content.decode()
    assert "Tea House" in page
    assert "Book Shop" in page
    for merchant in (other_merchant, clerk.merchant):
        answer = browser.post("/account/merchant/", {"merchant": str(merchant.pk), "next": "https://evil.example/"})
        assert answer["Location"] == "/"
        assert browser.get("/api/v1/merchant").json()["id"] == str(merchant.pk)


def test_session_needs_the_csrf_token_for_writes(merchant: Merchant, owner: Actor) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"Idempotency-Key": "one"})
    browser.force_login(User.objects.get(pk=owner.id), backend=BACKEND)
    body = {"name": "Till", "scopes": ["merchant:read"]}
    assert browser.get("/api/v1/api_clients").status_code == 200
    assert browser.post("/api/v1/api_clients", body, content_type="application/json").status_code == 403
    assert browser.get("/api/v1/api_clients").json()["results"] == []


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OWNER])
def test_nobody_lifts_themselves(merchant: Merchant, owner: Actor, role: Role) -> None:
    member = MembershipFactory(merchant=merchant, role=role)
    browser = session_of(member)
    for path, body in (
        (f"/api/v1/staff/{member.pk}", {"role": "owner"}),
        ("/api/v1/invitations", {"email": "me@example.com", "role": "owner"}),
        ("/api/v1/api_clients", {"name": "mine", "scopes": ["orders:write"]}),
    ):
        send = browser.put if "staff" in path else browser.post
        assert send(path, body, content_type="application/json").status_code == 403
    with tenant_transaction(merchant.pk):
        member.refresh_from_db()
        assert member.role == role
        with pytest.raises(ForbiddenError):
            change_staff(actor=actor_of(member), membership_id=member.pk, role=Role.OWNER)


def test_staff_member_of_another_merchant_is_not_found(
    owner: Actor, merchant: Merchant, other_merchant: Merchant
) -> None:
    theirs = MembershipFactory(merchant=other_merchant)
    with tenant_transaction(merchant.pk), pytest.raises(NotFoundError):
        deactivate_membership(actor=owner, membership_id=theirs.pk)


def test_owner_changes_role_and_stores_through_the_api(owner: Actor, clerk: Membership) -> None:
    browser = Client(headers={"Idempotency-Key": "one"})
    browser.force_login(User.objects.get(pk=owner.id), backend=BACKEND)
    store = str(uuid.uuid4())
    body = {"role": "store_manager", "location_ids": [store]}
    answer = browser.put(f"/api/v1/staff/{clerk.pk}", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["role"], answer.json()["location_ids"]) == ("store_manager", [store])
    answer = browser.post(f"/api/v1/staff/{clerk.pk}/deactivate", headers={"Idempotency-Key": "two"})
    assert answer.json()["is_active"] is False


def test_last_owner_stays(owner: Actor, merchant: Merchant) -> None:
    with tenant_transaction(merchant.pk):
        membership = Membership.objects.get(user_id=owner.id)
        for act in (
            lambda: deactivate_membership(actor=owner, membership_id=membership.pk),
            lambda: change_staff(actor=owner, membership_id=membership.pk, role=Role.CLERK),
        ):
            with pytest.raises(LastOwnerError):
                act()
        MembershipFactory(merchant=merchant, role=Role.OWNER, user__is_active=False)
        with pytest.raises(LastOwnerError):
            deactivate_membership(actor=owner, membership_id=membership.pk)
        MembershipFactory(merchant=merchant, role=Role.OWNER)
        deactivate_membership(actor=owner, membership_id=membership.pk)


def owners_left_after_mutual_dismissal(count: int) -> int:
    merchant = MerchantFactory()
    owners = [MembershipFactory(merchant=merchant, role=Role.OWNER) for _ in range(count)]
    start = threading.Barrier(count)

    def dismiss(mine: Membership, other: Membership) -> None:
        try:
            start.wait()
            with tenant_transaction(merchant.pk):
                deactivate_membership(actor=actor_of(mine), membership_id=other.pk)
        except LastOwnerError:
            pass
        finally:
            connection.close()

    threads = [
        threading.Thread(target=dismiss, args=[owner, owners[(number + 1) % count]])
        for number, owner in enumerate(owners)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_transaction(merchant.pk):
        return Membership.objects.filter(role=Role.OWNER, is_active=True).count()


@pytest.mark.usefixtures("committed_db")
def test_owners_who_dismiss_each_other_leave_one() -> None:
    assert [owners_left_after_mutual_dismissal(4) for _round in range(10)] == [1] * 10


@pytest.mark.usefixtures("committed_db")
def test_without_the_lock_no_owner_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: the same without the lock on the merchant."""
    monkeypatch.setattr(services, "_locked_merchant", lambda _merchant_id: [])
    assert min(owners_left_after_mutual_dismissal(4) for _round in range(20)) == 0


def test_changes_of_staff_are_in_the_audit_trail(owner: Actor, clerk: Membership, merchant: Merchant) -> None:
    with tenant_transaction(merchant.pk):
        change_staff(actor=owner, membership_id=clerk.pk, role=Role.ANALYST)
        entries = list(clerk.audit_entries.order_by("pgh_id").values_list("pgh_label", "role"))
    assert entries == [("created", "clerk"), ("changed", "analyst")]
