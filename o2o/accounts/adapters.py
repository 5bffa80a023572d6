"""How django-allauth fits into this house."""

import time
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from o2o.accounts.languages import with_language
from o2o.accounts.models import User
from o2o.accounts.services.mail import Letter, queue_mail
from o2o.kit import clock
from o2o.kit.addresses import client_address
from o2o.kit.sealing import seal, unseal

PURPOSE = "accounts.second_factor"


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves; mail goes out through a worker; addresses come from our proxies only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Let nobody in without an invitation."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail down in the language of whoever gets it; a worker sends it."""
        request = allauth_context.request
        with translation.override(self._language_of(context) or translation.get_language()):
            site = {"name": self.site_name(), "domain": request.get_host()}
            message = self.render_mail(
                template_prefix, email, {"request": request, "email": email, "current_site": site, **context}
            )
        queue_mail(letter=Letter(email, message.subject, str(message.body)), at=clock.now())

    def post_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse:
        """Let the browser speak the person's language from the first page on."""
        with translation.override(user.language or translation.get_language()):
            return with_language(super().post_login(request, user, **about), user.language)

    def is_reauthentication_required(self, *, app: str, **about: Any) -> bool:
        """Ask for proof of presence before something sensitive, but not of somebody who has only just signed in."""
        steps = get_authentication_records(self.request, self.request.user)
        if steps and time.time() - steps[-1]["at"] < account_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **about))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the caller's address as our proxies report it."""
        return client_address(request) or "0.0.0.0"  # noqa: S104 - a name for no address, not a listener

    @staticmethod
    def site_name() -> str:
        """Return how the installation calls itself in mails."""
        return "O2O"

    @staticmethod
    def _language_of(context: dict[str, Any]) -> str:
        user = context.get("user")
        return user.language if isinstance(user, User) else ""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps the secrets of authenticator apps and recovery codes sealed."""

    def encrypt(self, text: str) -> str:
        """Seal a secret before it is stored."""
        return seal(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a stored secret."""
        return unseal(encrypted_text, purpose=PURPOSE)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the site to the browser when a passkey is made."""
        return {**super().get_public_key_credential_rp_entity(), "name": AccountAdapter.site_name()}

    def _get_site_name(self) -> str:
        return AccountAdapter.site_name()
