"""The token endpoint: an access token for a client's id and secret (RFC 6749, section 4.4), and no other grant."""

import base64
import binascii
import secrets
from typing import Any
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauth2_provider.views import TokenView
from oauthlib.common import Request as OAuthRequest

from o2o.accounts.models import ApiClient
from o2o.accounts.services.clients import note_token
from o2o.accounts.services.tries import Guard, TooManyTriesError, count_try, forget_tries, give_back_try
from o2o.kit import clock
from o2o.kit.addresses import counted_address
from o2o.tenancy.capabilities import CLIENT_SCOPES
from o2o.tenancy.scope import platform_transaction

TOKEN_PREFIX = "o2o_"  # noqa: S105 - lets scanners find a token that leaked into a repository
UNKNOWN_CLIENT = "unknown"


def new_token(request: OAuthRequest) -> str:
    """Return a new access token of 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


class GrantedScopes(BaseScopes):
    """Scopes are capabilities; each client has its own."""

    def get_all_scopes(self) -> dict[str, str]:
        """Return every scope that a program can have."""
        return {scope.value: scope.value for scope in sorted(CLIENT_SCOPES)}

    def get_available_scopes(
        self, application: ApiClient | None = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return what this client was granted."""
        allowed = {scope.value for scope in CLIENT_SCOPES}
        return [scope for scope in application.scopes if scope in allowed] if application else []

    def get_default_scopes(
        self, application: ApiClient | None = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return what a client gets that asks for nothing in particular: all it was granted."""
        return self.get_available_scopes(application, request)


class ClientValidator(OAuth2Validator):
    """Knows clients with a secret, and the one grant."""

    def client_authentication_required(self, request: OAuthRequest, *args: Any, **kwargs: Any) -> bool:
        """Always: there are no public clients."""
        return True

    def authenticate_client(self, request: OAuthRequest, *args: Any, **kwargs: Any) -> bool:
        """Check the secret of the one client that ``claimed_client_id`` names: header first, never both."""
        if request.headers.get("HTTP_AUTHORIZATION"):
            return bool(self._authenticate_basic_auth(request))
        return bool(self._authenticate_request_body(request))

    def authenticate_client_id(self, client_id: str, request: OAuthRequest, *args: Any, **kwargs: Any) -> bool:
        """Never: an id is no proof."""
        return False


@method_decorator(csrf_exempt, name="dispatch")
class ClientTokenView(TokenView):
    """``POST /api/oauth/token`` with ``grant_type=client_credentials``; errors as in RFC 6749, section 5.2."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with a token for an hour, or an error; wrong secrets are counted by client and address."""
        with platform_transaction():
            client = ApiClient.objects.filter(client_id=claimed_client_id(request)).first()
            subject = f"{client.client_id if client else UNKNOWN_CLIENT}\n{counted_address(request)}"
            try:
                count_try(guard=Guard.CLIENT_SECRET, subject=subject, at=clock.now())
            except TooManyTriesError as error:
                return _no_store(too_many(error))
            response = self.authorization_flow_token_response(request)
            self._settle(response.status_code, client, subject)
        return _no_store(response)

    @staticmethod
    def _settle(status: int, client: ApiClient | None, subject: str) -> None:
        if status == 200 and client:
            forget_tries(guard=Guard.CLIENT_SECRET, subject=subject)
            note_token(client_id=client.pk, at=clock.now())
        elif status != 401:
            give_back_try(guard=Guard.CLIENT_SECRET, subject=subject)


def claimed_client_id(request: HttpRequest) -> str:
    """Return the client id that a request names in its header or body, without believing it."""
    if header := request.META.get("HTTP_AUTHORIZATION"):
        scheme, _space, value = header.partition(" ")
        try:
            claimed = unquote_plus(base64.b64decode(value).decode().partition(":")[0]) if scheme == "Basic" else ""
        except (binascii.Error, UnicodeDecodeError):
            claimed = ""
    else:
        claimed = request.POST.get("client_id", "")
    return claimed.replace("\0", "")[:255]


def too_many(error: TooManyTriesError) -> HttpResponse:
    """Tell a client to wait. The standard names no error for this; the status and ``Retry-After`` say it."""
    body = {"error": "temporarily_unavailable", "error_description": f"{error.title}. {error.detail}"}
    return JsonResponse(body, status=error.status, headers={"Retry-After": str(error.params["retry_after"])})


def _no_store(response: HttpResponse) -> HttpResponse:
    response["Content-Type"] = "application/json"
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    if response.status_code == 401:
        response["WWW-Authenticate"] = 'Basic realm="o2o", charset="UTF-8"'
    return response
