"""Who calls the API: a program with a bearer token, or a person with a session."""

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from o2o.accounts.selectors import actor_for, chosen_merchant_id, client_of_token, signed_in_id
from o2o.kit import clock
from o2o.tenancy.actor import Actor

REALM = 'Bearer realm="o2o"'
LONGEST_TOKEN = 512
SESSION = "session"


class ClientAuthentication(BaseAuthentication):
    """``Authorization: Bearer …`` with an access token from ``/api/oauth/token`` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[Actor, int] | None:
        """Return the client and the id of its token; None where no bearer token was sent."""
        scheme, _space, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        found = client_of_token(token=self._read(token), at=clock.now())
        if found is None:
            raise self._refusal(request)
        return found

    def authenticate_header(self, request: Request) -> str:
        """Say in ``WWW-Authenticate`` how to come in and, where a token was sent, that it was not good."""
        return f'{REALM}, error="invalid_token"' if getattr(request, "token_was_refused", False) else REALM

    @staticmethod
    def _read(token: bytes) -> str:
        # Whatever is no token of ours has no checksum in the table, so that nothing needs to be told apart here.
        return token.strip()[:LONGEST_TOKEN].decode("latin-1")

    @staticmethod
    def _refusal(request: Request) -> AuthenticationFailed:
        request.token_was_refused = True  # type: ignore[attr-defined]
        return AuthenticationFailed(_("The access token is unknown, expired or revoked; ask for a new one."))


class StaffAuthentication(SessionAuthentication):
    """The console's session cookie, with a CSRF token on each unsafe method."""

    def authenticate(self, request: Request) -> tuple[Actor, str] | None:
        """Return the staff member for the merchant that their session chose; None where there is none."""
        http_request = request._request
        if signed_in_id(http_request) is None or chosen_merchant_id(http_request) is None:
            return None
        self.enforce_csrf(request)
        actor = actor_for(http_request)
        return (actor, SESSION) if actor else None
