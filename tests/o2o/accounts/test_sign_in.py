"""Signing in: nothing is told apart that should not be, and guessing ends soon, also when many guess at once (S12)."""

import re
import statistics
import threading
import time
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client, override_settings

from o2o.accounts import backends
from o2o.accounts.models import OutgoingMail, User
from o2o.accounts.services.invitations import create_person
from o2o.accounts.tasks import send_mail
from o2o.tenancy.models import Merchant
from tests.factories import MembershipFactory
from tests.o2o.accounts.conftest import LOGIN, PASSWORD

RESET = "/account/password/reset/"
ARGON = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "o2o.accounts.hashers.RandomSecretHasher",
]


def sign_in(browser: Client, email: str = "alice@example.com", password: str = PASSWORD, **extra: str):
    return browser.post(LOGIN, {"login": email, "password": password}, **extra)


def without_noise(page: bytes, email: str) -> str:
    text = page.decode().replace(email, "EMAIL")
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"', "", text)


def test_right_password_signs_in(person: User, browser: Client) -> None:
    answer = sign_in(browser, "Alice@Example.com")
    assert answer.status_code == 302
    assert browser.session["_auth_user_id"] == str(person.pk)


def test_session_id_changes_at_sign_in(person: User, browser: Client) -> None:
    """Fixation: the id that an attacker planted is worth nothing afterwards."""
    browser.get("/account/invitation/planted/")
    planted = browser.cookies["sessionid"].value
    sign_in(browser)
    assert browser.cookies["sessionid"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()
    other = Client()
    other.cookies["sessionid"] = planted
    assert other.get("/account/profile/").status_code == 302


def test_sign_in_needs_the_csrf_token(person: User) -> None:
    assert sign_in(Client(enforce_csrf_checks=True)).status_code == 403


def test_wrong_password_and_unknown_address_read_the_same(person: User) -> None:
    wrong = sign_in(Client(), "alice@example.com", "wrong-password-1")
    unknown = sign_in(Client(), "nobody@example.com", "wrong-password-1")
    assert wrong.status_code == unknown.status_code == 200
    assert without_noise(wrong.content, "alice@example.com") == without_noise(unknown.content, "nobody@example.com")


def test_disabled_person_reads_as_unknown(person: User, browser: Client) -> None:
    User.objects.update(is_active=False)
    wrong = sign_in(Client(), "alice@example.com", "wrong-password-1")
    unknown = sign_in(Client(), "nobody@example.com", "wrong-password-1")
    assert without_noise(wrong.content, "alice@example.com") == without_noise(unknown.content, "nobody@example.com")
    sign_in(browser)
    assert "_auth_user_id" not in browser.session


@override_settings(PASSWORD_HASHERS=ARGON)
def test_wrong_password_and_unknown_address_take_the_same_time(db: None) -> None:
    create_person(email="slow@example.com", name="Slow", password=PASSWORD)

    def seconds(email: str, turn: int) -> float:
        begun = time.process_time()
        sign_in(Client(REMOTE_ADDR=f"10.0.0.{turn}"), email, "wrong-password-1")
        return time.process_time() - begun

    seconds("slow@example.com", 200)
    known = [seconds("slow@example.com", turn) for turn in range(8)]
    unknown = [seconds("nobody@example.com", turn) for turn in range(8)]
    hashing = min(time_of_a_hash() for _turn in range(3))
    assert abs(statistics.median(known) - statistics.median(unknown)) < max(hashing / 2, 0.01)
    # Control: without hashing for the unknown one the difference would be seen.
    assert statistics.median(unknown) > hashing


def time_of_a_hash() -> float:
    """Return the computing time of a hash: that of the clock on the wall depends on what else the machine does."""
    begun = time.process_time()
    get_hasher("argon2").encode(PASSWORD, "saltsaltsalt")
    return time.process_time() - begun


@override_settings(PASSWORD_HASHERS=ARGON)
def test_passwords_are_hashed_by_argon2(db: None) -> None:
    user = create_person(email="argon@example.com", name="A", password=PASSWORD)
    assert identify_hasher(user.password).algorithm == "argon2"


def test_settings_hash_passwords_by_argon2_first() -> None:
    from o2o.settings import base

    assert base.PASSWORD_HASHERS == ARGON


def test_forgotten_password_answers_the_same_for_unknown_addresses(person: User) -> None:
    pages = {}
    for email in ("alice@example.com", "nobody@example.com"):
        browser = Client()
        answer = browser.post(RESET, {"email": email}, follow=True)
        pages[email] = (answer.redirect_chain, without_noise(answer.content, email))
    assert pages["alice@example.com"] == pages["nobody@example.com"]
    assert OutgoingMail.objects.count() == 2
    assert send_mail() == 2
    assert sorted(message.to[0] for message in mail.outbox) == ["alice@example.com", "nobody@example.com"]
    assert not OutgoingMail.objects.exists()


def test_forgotten_password_can_be_chosen_anew_once(person: User, browser: Client) -> None:
    sign_in(browser)
    Client().post(RESET, {"email": "alice@example.com"})
    sealed = OutgoingMail.objects.get().sealed
    assert "alice" not in sealed
    assert "/account/" not in sealed
    send_mail()
    link = re.search(r"http://testserver(/account/password/reset/key/\S+)", mail.outbox[0].body)[1]
    other = Client()
    page = other.get(link, follow=True)
    target = page.redirect_chain[-1][0]
    new = {"password1": "another-long-phrase", "password2": "another-long-phrase"}
    assert other.post(target, new).status_code == 302
    assert browser.get("/account/profile/").status_code == 302  # the old session is over
    assert sign_in(Client(), password="another-long-phrase").status_code == 302
    assert b"another-long-phrase" not in Client().get(link, follow=True).content
    again = Client().get(link, follow=True)
    assert b"password1" not in again.content


def test_new_password_opens_the_lock(person: User) -> None:
    for number in range(5):
        sign_in(Client(), password=f"wrong-{number}")
    browser = Client()
    browser.post(RESET, {"email": "alice@example.com"})
    send_mail()
    link = re.search(r"http://testserver(/account/password/reset/key/\S+)", mail.outbox[0].body)[1]
    target = browser.get(link, follow=True).redirect_chain[-1][0]
    browser.post(target, {"password1": "another-long-phrase", "password2": "another-long-phrase"})
    assert sign_in(Client(), password="another-long-phrase").status_code == 302


@pytest.mark.parametrize("password", ["short1", "password123", "alice@example.com", "1234567890"])
def test_weak_passwords_are_refused(person: User, browser: Client, password: str) -> None:
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    body = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert browser.post("/account/password/change/", body).status_code == 200
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize("path", ["/account/signup/", "/account/login/code/confirm/"])
def test_nobody_signs_up(db: None, path: str) -> None:
    body = {"email": "eve@example.com", "password1": PASSWORD, "password2": PASSWORD}
    assert Client().post(path, body).status_code in (302, 403, 404, 405)
    assert not User.objects.exists()


def test_fifth_failure_locks_the_account_for_that_address(person: User) -> None:
    statuses = [sign_in(Client(), password=f"wrong-{number}").status_code for number in range(6)]
    assert statuses == [200, 200, 200, 200, 429, 429]
    locked = sign_in(Client())
    assert locked.status_code == 429
    assert int(locked["Retry-After"]) == 900
    assert b"15" in locked.content
    assert sign_in(Client(REMOTE_ADDR="10.9.9.9")).status_code == 302  # its owner, elsewhere, is not locked out


def test_unknown_account_is_locked_just_the_same(db: None) -> None:
    statuses = [sign_in(Client(), "nobody@example.com", f"wrong-{number}").status_code for number in range(6)]
    assert statuses == [200, 200, 200, 200, 429, 429]


def test_lock_opens_after_a_while(person: User) -> None:
    for number in range(5):
        sign_in(Client(), password=f"wrong-{number}")
    assert sign_in(Client()).status_code == 429
    for attempt in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=attempt.attempt_time - timedelta(minutes=16))
    assert sign_in(Client()).status_code == 302


def test_capitals_spaces_and_browsers_do_not_make_another_account(person: User) -> None:
    spellings = [
        "alice@example.com",
        "ALICE@example.com",
        " alice@example.com",
        "Alice@Example.Com",
        "alicE@example.com",
    ]
    for number, spelling in enumerate(spellings):
        sign_in(Client(), spelling, f"wrong-{number}", HTTP_USER_AGENT=f"browser {number}")
    assert sign_in(Client()).status_code == 429


def test_success_starts_the_count_anew(person: User) -> None:
    for _turn in range(2):
        for number in range(4):
            assert sign_in(Client(), password=f"wrong-{number}").status_code == 200
        assert sign_in(Client()).status_code == 302


def test_addresses_of_one_ipv6_line_count_as_one(person: User) -> None:
    for number in range(5):
        sign_in(Client(REMOTE_ADDR=f"2001:db8:1:2::{number + 1:x}"), password=f"wrong-{number}")
    assert sign_in(Client(REMOTE_ADDR="2001:db8:1:2:ffff::1")).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="2001:db8:1:3::1")).status_code == 302


def test_forwarded_address_is_believed_only_from_our_proxies(person: User, settings) -> None:
    for number in range(5):
        sign_in(Client(), password=f"wrong-{number}", HTTP_X_FORWARDED_FOR=f"10.1.1.{number}")
    assert sign_in(Client(), HTTP_X_FORWARDED_FOR="10.1.1.99").status_code == 429
    settings.TRUSTED_PROXIES = 1
    assert sign_in(Client(), HTTP_X_FORWARDED_FOR="127.0.0.1, 10.1.1.99").status_code == 302


def parallel_failures(count: int) -> int:
    """Guess ``count`` times at once and return how many guesses were looked at."""
    start = threading.Barrier(count)
    looked_at: list[int] = []

    def guess(number: int) -> None:
        try:
            start.wait()
            answer = sign_in(Client(raise_request_exception=False), password=f"wrong-{number}")
            looked_at.append(answer.status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) == count
    return AccessAttempt.objects.get().failures_since_start


@pytest.mark.usefixtures("committed_db")
def test_twenty_guesses_at_once_are_five() -> None:
    create_person(email="alice@example.com", name="Alice", password=PASSWORD)
    assert parallel_failures(20) == 5
    assert sign_in(Client()).status_code == 429


@pytest.mark.usefixtures("committed_db")
def test_without_waiting_for_each_other_more_guesses_get_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: the same guesses with another lock for each of them."""
    create_person(email="alice@example.com", name="Alice", password=PASSWORD)
    places = iter(range(1000))
    monkeypatch.setattr(backends, "counted_address", lambda _request: str(next(places)))
    check = User.check_password
    monkeypatch.setattr(User, "check_password", lambda self, raw: time.sleep(0.2) or check(self, raw))
    assert parallel_failures(20) > 5


def test_only_merchant_is_chosen_at_sign_in(person: User, browser: Client, merchant: Merchant) -> None:
    MembershipFactory(user=person, merchant=merchant)
    sign_in(browser)
    assert browser.session["merchant_id"] == str(merchant.pk)


def test_language_of_the_person_is_spoken_after_sign_in(person: User, browser: Client) -> None:
    User.objects.update(language="zh-hans")
    answer = sign_in(browser)
    assert answer.cookies["django_language"].value == "zh-hans"
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["以 Alice 成功登录。"]


def test_signing_out_elsewhere_ends_the_other_sessions(person: User, browser: Client) -> None:
    other = Client()
    sign_in(browser)
    sign_in(other)
    assert b"/account/sessions/" in browser.get("/account/sessions/").content
    assert browser.post("/account/sessions/").status_code == 302
    assert browser.get("/account/profile/").status_code == 200
    assert other.get("/account/profile/").status_code == 302


def test_changing_the_password_ends_other_sessions(person: User, browser: Client) -> None:
    other = Client()
    sign_in(browser)
    sign_in(other)
    new = {"oldpassword": PASSWORD, "password1": "another-long-phrase", "password2": "another-long-phrase"}
    assert browser.post("/account/password/change/", new).status_code == 302
    assert browser.get("/account/profile/").status_code == 200
    assert other.get("/account/profile/").status_code == 302


def test_new_address_counts_once_its_link_was_opened(person: User, browser: Client) -> None:
    sign_in(browser)
    browser.post("/account/email/", {"email": "New@Example.com", "action_add": ""})
    person.refresh_from_db()
    assert person.email == "alice@example.com"
    send_mail()
    message = next(message for message in mail.outbox if message.to == ["new@example.com"])
    link = re.search(r"http://testserver(/account/confirm-email/\S+)", message.body)[1]
    browser.post(link)
    person.refresh_from_db()
    assert person.email == "new@example.com"


def test_address_of_somebody_else_is_not_told_apart(person: User, browser: Client) -> None:
    create_person(email="bob@example.com", name="Bob", password=PASSWORD)
    sign_in(browser)
    taken = browser.post("/account/email/", {"email": "bob@example.com", "action_add": ""})
    other = Client()
    sign_in(other)
    free = other.post("/account/email/", {"email": "free@example.com", "action_add": ""})
    assert (taken.status_code, taken.headers.get("Location")) == (free.status_code, free.headers.get("Location"))


AWAY = {"LOCATION": "redis://127.0.0.1:1/1", "OPTIONS": {"socket_connect_timeout": 1}}
LIMITS = {"login": "60/m/ip", "login_failed": "60/m/ip,100/h/key", "reset_password": "20/m/ip"}
FORGIVING = "o2o.kit.cache.ForgivingRedisCache"


@pytest.mark.parametrize("backend", [FORGIVING, "django.core.cache.backends.redis.RedisCache"])
def test_sign_in_needs_no_redis(person: User, backend: str) -> None:
    """The second backend is the control: without forgiveness nobody comes in while Redis is away."""
    with override_settings(CACHES={"default": {"BACKEND": backend, **AWAY}}, ACCOUNT_RATE_LIMITS=LIMITS):
        browser = Client(raise_request_exception=False)
        assert (sign_in(browser).status_code == 302) == (backend == FORGIVING)
        if backend == FORGIVING:
            statuses = [sign_in(Client(), password=f"wrong-{number}").status_code for number in range(5)]
            assert statuses == [200, 200, 200, 200, 429]


def test_redirect_after_sign_in_stays_here(person: User, browser: Client) -> None:
    answer = browser.post(LOGIN, {"login": "alice@example.com", "password": PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/"
