"""Reads about people and API clients: who is asking, and for which merchant."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.http import HttpRequest

from o2o.kit.errors import NotFoundError
from o2o.tenancy.actor import Actor, ActorKind
from o2o.tenancy.capabilities import CLIENT_SCOPES, Capability
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import ask_platform
from o2o.tenancy.selectors import actor_of, admitted_membership, memberships_of

SESSION_MERCHANT = "merchant_id"

# A function of the database, whose plan it keeps (accounts 0006).
ADMITTED_CLIENT = "SELECT * FROM o2o_admitted_client(%(checksum)s, %(at)s)"


def client_of_token(*, token: str, at: datetime) -> tuple[Actor, int] | None:
    """Return the API client that holds an access token, and the token's id, in one round trip.

    None where the token is unknown, expired or revoked, or where its client or merchant was switched off. The actor
    may do what the token, the client and ``CLIENT_SCOPES`` all allow. Runs inside the request's transaction.
    """
    row = ask_platform(ADMITTED_CLIENT, {"checksum": sha256(token.encode()).hexdigest(), "at": at})
    if row is None:
        return None
    token_id, scope, client_id, name, scopes, merchant_id = row
    granted = set(scope.split()) & set(scopes) & CLIENT_SCOPES
    capabilities = frozenset(Capability(value) for value in granted)
    actor = Actor(kind=ActorKind.CLIENT, id=client_id, label=name, merchant_id=merchant_id, capabilities=capabilities)
    return actor, token_id


def merchants_for(request: HttpRequest) -> Sequence[Merchant]:
    """Return the merchants for which the signed-in person works, by name."""
    user_id = signed_in_id(request)
    return [membership.merchant for membership in memberships_of(user_id=user_id)] if user_id else []


def choose_merchant(request: HttpRequest, merchant_id: uuid.UUID) -> Merchant:
    """Work for this merchant from now on in this session.

    Raises ``NotFoundError`` for a merchant for whom the person does not work, whether it exists or not.
    """
    for merchant in merchants_for(request):
        if merchant.pk == merchant_id:
            request.session[SESSION_MERCHANT] = str(merchant_id)
            return merchant
    raise NotFoundError


def actor_for(request: HttpRequest) -> Actor | None:
    """Return who the signed-in person is for the merchant that they chose, as things stand now.

    None where nobody is signed in, no merchant was chosen, the person, membership or merchant was switched off, or
    the merchant demands a second factor that the person does not have. Asked anew at each request, in one round trip.
    """
    user_id, merchant_id = signed_in_id(request), chosen_merchant_id(request)
    if user_id is None or merchant_id is None:
        return None
    membership = admitted_membership(user=request.user, merchant_id=merchant_id)
    return actor_of(membership) if membership else None


def signed_in_id(request: HttpRequest) -> uuid.UUID | None:
    """Return the id of the person whose session this is."""
    user = getattr(request, "user", None)
    return user.pk if user is not None and user.is_authenticated and user.is_active else None


def chosen_merchant_id(request: HttpRequest) -> uuid.UUID | None:
    """Return the merchant that was chosen in this session, without asking whether it may still be."""
    try:
        return uuid.UUID(request.session[SESSION_MERCHANT])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
