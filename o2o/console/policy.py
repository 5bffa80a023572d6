"""Who may open a page or do an act: a declared capability, or one of two words that say "no capability needed"."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from django.http import HttpRequest

from o2o.tenancy.actor import Actor
from o2o.tenancy.capabilities import Capability


class Audience(Enum):
    """Those who need no capability of a merchant."""

    EVERYBODY = "every staff member of the merchant"
    OPERATORS = "operators of the platform"


EVERYBODY = Audience.EVERYBODY
OPERATORS = Audience.OPERATORS

Demand = Capability | Audience
Policy = Mapping[str, Demand]


def actor_of_request(request: HttpRequest) -> Actor | None:
    """Return the staff member as whom the console serves this request, or None outside the merchant console."""
    return getattr(request, "actor", None)


def is_allowed(request: HttpRequest, demand: Demand | None) -> bool:
    """Say whether the person behind the request meets a demand. No demand declared means nobody does."""
    if demand is None:
        return False
    if demand is OPERATORS:
        return bool(getattr(request, "is_platform", False)) and request.user.is_staff
    actor = actor_of_request(request)
    if actor is None:
        return False
    return demand is EVERYBODY or (isinstance(demand, Capability) and actor.may(demand))


def faults_in(policy: Any) -> list[str]:
    """Return what is wrong with a declared policy: nothing declared, or values that are not demands."""
    if not policy:
        return ["declares no policy"]
    if isinstance(policy, (Capability, Audience)):
        return []
    if not isinstance(policy, Mapping):
        return [f"declares {policy!r}, which is neither a capability nor a mapping"]
    wrong = [f"demands {value!r} to {key}" for key, value in policy.items() if not isinstance(value, Demand)]
    return wrong if "view" in policy else [*wrong, "does not say who may view it"]
