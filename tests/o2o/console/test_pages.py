"""What people do on the pages of this floor, down to the rows."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from o2o.accounts.models import ApiClient, Invitation, User
from o2o.console.sites import site
from o2o.events.audit import AuditQuery
from o2o.events.console.changes import audit_page
from o2o.events.enums import DeliveryState
from o2o.events.models import EventDelivery
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.factories import MembershipFactory
from tests.o2o.console.conftest import SignIn, signed_in
from tests.o2o.console.rows import make_row
from tests.o2o.console.test_matrix import list_url


def test_home_says_honestly_that_nothing_is_to_do(sign_in: SignIn) -> None:
    page = sign_in(Role.CLERK, user__language="en").get("/").content.decode()
    assert "Nothing needs you right now" in page


def test_home_leads_a_new_owner_through_the_set_up(owner: Client, merchant: Merchant) -> None:
    page = owner.get("/").content.decode()
    assert "0 of 5 done" in page
    make_row(ApiClient, merchant)
    make_row(WebhookEndpoint, merchant)
    assert "2 of 5 done" in owner.get("/").content.decode()


def test_home_shows_what_failed(owner: Client, merchant: Merchant) -> None:
    make_row(EventDelivery, merchant)
    make_row(WebhookDelivery, merchant)
    page = owner.get("/").content.decode()
    assert "Events that could not be worked off" in page
    assert "Webhook messages that were given up" in page


def test_inviting_somebody_writes_an_invitation_and_shows_its_link_once(owner: Client, merchant: Merchant) -> None:
    answer = owner.post(reverse("console:invite"), {"email": "New@Example.com", "role": "clerk"})
    assert answer.status_code == 200
    assert "/account/invitation/" in answer.content.decode()
    with tenant_transaction(merchant.pk):
        assert Invitation.objects.get().email == "new@example.com"


def test_inviting_a_colleague_again_is_refused_at_the_form(owner: Client, merchant: Merchant) -> None:
    colleague = MembershipFactory(merchant=merchant)
    answer = owner.post(reverse("console:invite"), {"email": colleague.user.email, "role": "clerk"})
    assert "on the staff already" in answer.content.decode()
    with tenant_transaction(merchant.pk):
        assert not Invitation.objects.exists()


def test_a_role_is_changed_and_the_trail_says_by_whom(owner: Client, merchant: Merchant) -> None:
    colleague = MembershipFactory(merchant=merchant, role=Role.CLERK)
    admin: Any = site._registry[Membership]
    answer = owner.post(list_url(admin, "change", colleague.pk), {"role": "marketing"}, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 302
    with tenant_transaction(merchant.pk):
        assert Membership.objects.get(pk=colleague.pk).role == Role.MARKETING
        [entry, *_] = audit_page(wanted=AuditQuery(object_id=str(colleague.pk), act="changed")).entries
    assert (entry.actor_kind, entry.address) == ("user", "192.0.2.7")
    assert entry.actor
    [change] = entry.changes
    assert (str(change.before), str(change.after)) == ("clerk", "marketing")
    assert "192.0.2.7" in owner.get(reverse("console:audit")).content.decode()


def test_the_only_owner_cannot_give_the_keys_away(owner: Client, merchant: Merchant) -> None:
    with tenant_transaction(merchant.pk):
        own = Membership.objects.get(role=Role.OWNER)
    admin: Any = site._registry[Membership]
    answer = owner.post(list_url(admin, "change", own.pk), {"role": "clerk"})
    assert answer.status_code == 200
    assert "is the only owner" in answer.content.decode()
    with tenant_transaction(merchant.pk):
        assert Membership.objects.get(pk=own.pk).role == Role.OWNER


def test_mass_assignment_changes_nothing_else(owner: Client, merchant: Merchant, other_merchant: Merchant) -> None:
    colleague = MembershipFactory(merchant=merchant)
    admin: Any = site._registry[Membership]
    values = {"role": "clerk", "merchant": str(other_merchant.pk), "is_active": "", "user": ""}
    owner.post(list_url(admin, "change", colleague.pk), values)
    with tenant_transaction(merchant.pk):
        same = Membership.objects.get(pk=colleague.pk)
    assert (same.merchant_id, same.user_id, same.is_active) == (merchant.pk, colleague.user_id, True)


def test_an_act_says_what_it_will_do_and_does_it_only_when_confirmed(owner: Client, merchant: Merchant) -> None:
    colleague = MembershipFactory(merchant=merchant)
    admin: Any = site._registry[Membership]
    url = list_url(admin, "act", colleague.pk, "deactivate")
    assert "cannot open this console" in owner.get(url).content.decode()
    with tenant_transaction(merchant.pk):
        assert Membership.objects.get(pk=colleague.pk).is_active
    owner.post(url)
    with tenant_transaction(merchant.pk):
        assert not Membership.objects.get(pk=colleague.pk).is_active
    assert signed_in(colleague.user, merchant).get("/").status_code == 302


def test_a_bulk_act_previews_and_leaves_refused_rows_alone(owner: Client, merchant: Merchant) -> None:
    colleague = MembershipFactory(merchant=merchant)
    with tenant_transaction(merchant.pk):
        own = Membership.objects.get(role=Role.OWNER)
    admin: Any = site._registry[Membership]
    chosen = {"action": "deactivate", "_selected_action": [str(colleague.pk), str(own.pk)]}
    preview = owner.post(list_url(admin), chosen).content.decode()
    assert "It concerns 2 rows" in preview
    answer = owner.post(list_url(admin), {**chosen, "confirmed": "yes"}, follow=True).content.decode()
    assert "is the only owner" in answer
    with tenant_transaction(merchant.pk):
        assert list(Membership.objects.filter(is_active=True)) == [own]


def test_the_secret_of_a_client_is_shown_once(owner: Client, merchant: Merchant) -> None:
    answer = owner.post(reverse("console:new_api_client"), {"name": "Till", "scopes": ["stock:read"]})
    assert answer["Cache-Control"].startswith("max-age=0")
    secret = answer.context["secrets"][1][1]
    assert secret in answer.content.decode()
    with tenant_transaction(merchant.pk):
        client = ApiClient.objects.get()
    assert secret not in owner.get(reverse("console:accounts_apiclient_change", args=(client.pk,))).content.decode()
    rotated = owner.post(reverse("console:accounts_apiclient_act", args=(client.pk, "rotate")))
    assert rotated.context["secrets"][1][1] != secret


def test_permissions_that_programs_cannot_have_are_not_granted(owner: Client, merchant: Merchant) -> None:
    owner.post(reverse("console:new_api_client"), {"name": "Till", "scopes": ["staff:write"]})
    with tenant_transaction(merchant.pk):
        assert not ApiClient.objects.exists()


def test_a_webhook_endpoint_is_made_changed_and_removed(owner: Client, merchant: Merchant) -> None:
    values = {"description": "ERP", "url": "https://erp.example/in", "event_types": "order.*\nstock.moved"}
    assert "whsec_" in owner.post(reverse("console:new_endpoint"), values).content.decode()
    with tenant_transaction(merchant.pk):
        endpoint = WebhookEndpoint.objects.get()
    assert endpoint.event_types == ["order.*", "stock.moved"]
    owner.post(reverse("console:change_endpoint", args=(endpoint.pk,)), {**values, "event_types": ""})
    page = owner.get(reverse("console:events_webhookendpoint_change", args=(endpoint.pk,)))
    assert page.status_code == 200
    owner.post(reverse("console:events_webhookendpoint_act", args=(endpoint.pk, "delete")))
    with tenant_transaction(merchant.pk):
        assert not WebhookEndpoint.objects.exists()


def test_an_inward_address_is_refused_at_the_form(owner: Client, merchant: Merchant) -> None:
    values = {"description": "x", "url": "http://169.254.169.254/latest", "event_types": ""}
    assert owner.post(reverse("console:new_endpoint"), values).status_code == 200
    with tenant_transaction(merchant.pk):
        assert not WebhookEndpoint.objects.exists()


def test_a_given_up_message_is_sent_again(owner: Client, merchant: Merchant) -> None:
    delivery = make_row(WebhookDelivery, merchant)
    owner.post(reverse("console:events_webhookdelivery_act", args=(delivery.pk, "replay")))
    with tenant_transaction(merchant.pk):
        assert WebhookDelivery.objects.get(pk=delivery.pk).state == "pending"


def test_a_dead_letter_is_put_back_in_its_line(owner: Client, merchant: Merchant) -> None:
    letter = make_row(EventDelivery, merchant)
    owner.post(reverse("console:events_eventdelivery_act", args=(letter.pk, "replay")))
    with tenant_transaction(merchant.pk):
        assert EventDelivery.objects.get(pk=letter.pk).state == DeliveryState.PENDING


def test_settings_are_saved_and_only_by_those_who_may(owner: Client, sign_in: SignIn, merchant: Merchant) -> None:
    url = reverse("console:merchant_settings")
    values = {"name": "New Name", "currency": "EUR", "time_zone": "Europe/Berlin", "language": "en"}
    assert sign_in(Role.AUDITOR).post(url, values).status_code == 403
    assert owner.post(url, values).status_code == 302
    with tenant_transaction(merchant.pk):
        saved = Merchant.objects.get(pk=merchant.pk)
    assert (saved.name, saved.currency, saved.slug) == ("New Name", "EUR", merchant.slug)


def test_demanding_a_second_factor_cannot_shut_its_author_out(owner: Client, merchant: Merchant) -> None:
    values = {"name": "x", "currency": "EUR", "time_zone": "UTC", "language": "en", "requires_second_factor": "on"}
    assert "Set up your own" in owner.post(reverse("console:merchant_settings"), values).content.decode()
    with tenant_transaction(merchant.pk):
        assert not Merchant.objects.get(pk=merchant.pk).requires_second_factor


def test_the_palette_finds_pages_and_rows_by_role(owner: Client, sign_in: SignIn, merchant: Merchant) -> None:
    colleague = MembershipFactory(merchant=merchant, user__name="Zhang Wei")
    url = reverse("console:search")
    assert colleague.user.name in owner.get(url, {"s": "zhang"}).content.decode()
    assert reverse("console:audit") in owner.get(url, {"s": "audit"}).content.decode()
    clerk = sign_in(Role.CLERK)
    assert colleague.user.name not in clerk.get(url, {"s": "zhang"}).content.decode()
    assert reverse("console:audit") not in clerk.get(url, {"s": "audit"}).content.decode()


def test_language_is_switched_and_remembered(owner: Client, merchant: Merchant) -> None:
    assert 'lang="en"' in owner.get("/").content.decode()
    answer = owner.post(reverse("set_language"), {"language": "zh-hans", "next": "/staff/"})
    assert answer["Location"] == "/staff/"
    page = owner.get("/").content.decode()
    assert 'lang="zh-hans"' in page
    assert "今天" in page
    user = User.objects.get(language="zh-hans")
    fresh = signed_in(user, merchant)
    assert 'lang="zh-hans"' in fresh.get("/").content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_back_never_leads_elsewhere(target: str, owner: Client) -> None:
    assert owner.post(reverse("set_language"), {"language": "en", "next": target})["Location"] == "/"


def test_people_in_two_merchants_switch(merchant: Merchant, other_merchant: Merchant) -> None:
    membership = MembershipFactory(merchant=merchant, role=Role.OWNER)
    MembershipFactory(merchant=other_merchant, user=membership.user)
    browser = signed_in(membership.user, merchant)
    page = browser.get("/").content.decode()
    assert other_merchant.name in page
    browser.post(reverse("choose_merchant"), {"merchant": str(other_merchant.pk)})
    assert browser.get("/").context["site_header"] == other_merchant.name


def test_scripts_of_strangers_stay_text(owner: Client, merchant: Merchant) -> None:
    MembershipFactory(merchant=merchant, user__name="<script>alert(1)</script>")
    admin: Any = site._registry[Membership]
    assert "<script>alert(1)" not in owner.get(list_url(admin)).content.decode()


def test_only_the_consoles_may_compile_expressions(owner: Client) -> None:
    assert "'unsafe-eval'" in owner.get("/")["Content-Security-Policy"]
    assert "'unsafe-inline'" not in owner.get("/")["Content-Security-Policy"]
    assert "'unsafe-eval'" not in owner.get(reverse("account_login"))["Content-Security-Policy"]
