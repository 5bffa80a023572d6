"""API clients: programs that act for a merchant."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import get_access_token_model

from o2o.accounts.models import ApiClient
from o2o.kit.errors import InvalidError, NotFoundError
from o2o.tenancy.actor import Actor
from o2o.tenancy.capabilities import CLIENT_SCOPES


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A client and its secret, which is known at this moment and never again."""

    client: ApiClient
    secret: str


def create_api_client(*, actor: Actor, name: str, scopes: Collection[str]) -> IssuedSecret:
    """Register a program of the actor's merchant with some permissions.

    Raises ``InvalidError`` for a permission that programs cannot have or the actor does not have.
    """
    secret = generate_client_secret()
    client = ApiClient.objects.create(
        merchant_id=actor.merchant_id,
        name=name,
        scopes=_granted(actor, scopes),
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    return IssuedSecret(client, secret)


def change_api_client(*, actor: Actor, client_id: uuid.UUID, name: str, scopes: Collection[str]) -> ApiClient:
    """Rename a client and set what it may do; its tokens lose at once what is no longer granted."""
    client = _locked(client_id)
    client.name, client.scopes = name, _granted(actor, scopes)
    client.save(update_fields=["name", "scopes", "updated"])
    return client


def rotate_client_secret(*, client_id: uuid.UUID) -> IssuedSecret:
    """Give a client a new secret; the old one and all its tokens stop working at once."""
    client = _locked(client_id)
    secret = generate_client_secret()
    client.client_secret = secret
    client.save(update_fields=["client_secret", "updated"])
    _revoke_tokens(client_id)
    return IssuedSecret(client, secret)


def disable_api_client(*, client_id: uuid.UUID) -> ApiClient:
    """Shut a client out from its next request on, for good: a new one is made instead of enabling an old one."""
    client = _locked(client_id)
    client.is_active = False
    client.save(update_fields=["is_active", "updated"])
    _revoke_tokens(client_id)
    return client


def note_token(*, client_id: uuid.UUID, at: datetime) -> None:
    """Remember when the client was last given a token."""
    ApiClient.objects.filter(pk=client_id).update(last_token_at=at)


def delete_expired_tokens(*, at: datetime) -> int:
    """Delete access tokens that no longer open anything; return how many."""
    return get_access_token_model().objects.filter(expires__lte=at).delete()[0]


def _granted(actor: Actor, scopes: Collection[str]) -> list[str]:
    refused = sorted(set(scopes) - {scope.value for scope in CLIENT_SCOPES & actor.capabilities})
    if refused or not scopes:
        raise InvalidError(
            _("Choose at least one permission.")
            if not scopes
            else _("Programs cannot be given “%(scopes)s” by you; leave it out.") % {"scopes": "”, “".join(refused)},
            errors=[{"pointer": "/scopes", "code": "invalid", "detail": value} for value in refused],
        )
    return sorted(set(scopes))


def _locked(client_id: uuid.UUID) -> ApiClient:
    client: ApiClient | None = ApiClient.objects.select_for_update(of=("self",)).filter(pk=client_id).first()
    if client is None:
        raise NotFoundError
    return client


def _revoke_tokens(client_id: uuid.UUID) -> None:
    get_access_token_model().objects.filter(application_id=client_id).delete()
