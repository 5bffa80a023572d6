"""Passkeys: they open the door and are a second step; answers of others, of old or of rubbish are refused (S12)."""

import json
import os
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from o2o.accounts.models import User
from tests.o2o.accounts.conftest import LOGIN, PASSWORD, SECOND

pytestmark = pytest.mark.usefixtures("still")


class Passkey:
    """A software authenticator: makes a key and signs with it."""

    def __init__(self, site: str = "testserver") -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self.site = site
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = os.urandom(32)
        self.user_handle = ""

    def client_data(self, kind: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(kind, challenge, f"https://{self.site}")

    def registered(self, options: dict) -> str:
        options = options["publicKey"]
        self.user_handle = options["user"]["id"]
        data = self.client_data("webauthn.create", options["challenge"])
        public = AttestedCredentialData.create(
            b"\0" * 16, self.credential_id, ES256.from_cryptography_key(self.key.public_key())
        )
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
        authenticator = AuthenticatorData.create(sha256(self.site.encode()), flags, 0, public)
        attestation = AttestationObject.create("none", authenticator, {})
        return self.answer(
            {"clientDataJSON": websafe_encode(data), "attestationObject": websafe_encode(attestation)},
            clientExtensionResults={"credProps": {"rk": True}},
        )

    def signed(self, options: dict) -> str:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.hashes import SHA256

        data = self.client_data("webauthn.get", options["publicKey"]["challenge"])
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
        authenticator = AuthenticatorData.create(sha256(self.site.encode()), flags, 0)
        signature = self.key.sign(authenticator + data.hash, ec.ECDSA(SHA256()))
        return self.answer(
            {
                "clientDataJSON": websafe_encode(data),
                "authenticatorData": websafe_encode(authenticator),
                "signature": websafe_encode(signature),
                "userHandle": self.user_handle,
            },
            clientExtensionResults={},
        )

    def answer(self, response: dict, **rest: dict) -> str:
        name = websafe_encode(self.credential_id)
        return json.dumps({"type": "public-key", "id": name, "rawId": name, "response": response, **rest})


def options_of(page) -> dict:
    return page.context["js_data"]["creation_options"]


@pytest.fixture
def passkey(person: User) -> Passkey:
    browser = Client()
    browser.post(LOGIN, {"login": "alice@example.com", "password": PASSWORD}, secure=True)
    page = browser.get("/account/2fa/webauthn/add/", secure=True)
    key = Passkey()
    options = json.loads(json.dumps(options_of(page), default=websafe_json))
    body = {"name": "Phone", "passwordless": "on", "credential": key.registered(options)}
    answer = browser.post("/account/2fa/webauthn/add/", body, secure=True)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Authenticator.objects.filter(type="webauthn", user=person).exists()
    return key


def websafe_json(value: Any) -> Any:
    return websafe_encode(value) if isinstance(value, bytes) else dict(value)


def passkey_options(browser: Client) -> dict:
    answer = browser.get("/account/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"}, secure=True)
    return answer.json()["request_options"]


def test_passkey_opens_without_password(passkey: Passkey) -> None:
    browser = Client()
    credential = passkey.signed(passkey_options(browser))
    answer = browser.post("/account/2fa/webauthn/login/", {"credential": credential}, secure=True)
    assert answer.status_code == 302
    assert browser.get("/account/profile/", secure=True).status_code == 200


def test_passkey_is_the_second_step_after_a_password(passkey: Passkey) -> None:
    browser = Client()
    browser.post(LOGIN, {"login": "alice@example.com", "password": PASSWORD}, secure=True)
    assert browser.get("/account/profile/", secure=True).status_code == 302
    page = browser.get(SECOND, secure=True)
    options = json.loads(json.dumps(page.context["js_data"]["request_options"], default=websafe_json))
    browser.post(SECOND, {"credential": passkey.signed(options)}, secure=True)
    assert browser.get("/account/profile/", secure=True).status_code == 200


def test_answer_of_a_passkey_is_not_taken_twice(passkey: Passkey) -> None:
    browser = Client()
    credential = passkey.signed(passkey_options(browser))
    browser.post("/account/2fa/webauthn/login/", {"credential": credential}, secure=True)
    other = Client()
    passkey_options(other)
    other.post("/account/2fa/webauthn/login/", {"credential": credential}, secure=True)
    assert other.get("/account/profile/", secure=True).status_code == 302


def test_passkey_of_a_disabled_person_opens_nothing(passkey: Passkey) -> None:
    User.objects.update(is_active=False)
    browser = Client()
    browser.post("/account/2fa/webauthn/login/", {"credential": passkey.signed(passkey_options(browser))}, secure=True)
    assert browser.get("/account/profile/", secure=True).status_code == 302


def test_key_of_another_site_is_refused(passkey: Passkey) -> None:
    passkey.site = "evil.example"
    browser = Client()
    browser.post("/account/2fa/webauthn/login/", {"credential": passkey.signed(passkey_options(browser))}, secure=True)
    assert browser.get("/account/profile/", secure=True).status_code == 302


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "{",
        "[]",
        "1",
        "null",
        "{}",
        '{"id": 1}',
        '{"id": "AA", "rawId": "AA", "response": {}, "type": "public-key"}',
    ],
)
def test_rubbish_for_a_passkey_is_refused(passkey: Passkey, credential: str) -> None:
    for path in ("/account/2fa/webauthn/login/", SECOND):
        browser = Client()
        if path == SECOND:
            browser.post(LOGIN, {"login": "alice@example.com", "password": PASSWORD}, secure=True)
            browser.get(SECOND, secure=True)
        else:
            passkey_options(browser)
        assert browser.post(path, {"credential": credential}, secure=True).status_code in (200, 302)
        assert browser.get("/account/profile/", secure=True).status_code == 302


@pytest.mark.parametrize("credential", ["[]", "{}", '{"id": 1}', '{"id":"AA","rawId":"AA","response":{}}'])
def test_rubbish_makes_no_passkey(person: User, credential: str) -> None:
    browser = Client()
    browser.post(LOGIN, {"login": "alice@example.com", "password": PASSWORD}, secure=True)
    browser.get("/account/2fa/webauthn/add/", secure=True)
    answer = browser.post("/account/2fa/webauthn/add/", {"name": "x", "credential": credential}, secure=True)
    assert answer.status_code == 200
    assert not Authenticator.objects.exists()
