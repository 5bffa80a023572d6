"""What a route says about who may call it. A route that says nothing is a fault that ``manage.py check`` finds."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from o2o.tenancy.capabilities import Capability


class Access(Enum):
    """Ways in that need no particular capability."""

    PUBLIC = "public"
    AUTHENTICATED = "authenticated"


PUBLIC = Access.PUBLIC
AUTHENTICATED = Access.AUTHENTICATED

Rule = Capability | Access
Policy = Rule | Mapping[str, Rule]


class UndeclaredPolicyError(RuntimeError):
    """A view was asked for a method or action that its ``policy`` does not name."""


def rule_for(view: Any, method: str, action: str | None = None) -> Rule:
    """Return what a view (class or instance) demands for an HTTP method, or for the action of a view set.

    A policy is one rule for everything, or a mapping from action (view sets) or lower-case method to its rule.
    ``HEAD`` counts as ``GET``. Raises ``UndeclaredPolicyError`` where nothing was declared.
    """
    policy: Policy | None = getattr(view, "policy", None)
    if isinstance(policy, Capability | Access):
        return policy
    verb = method.lower()
    name = action or ("get" if verb == "head" else verb)
    if policy is None or name not in policy:
        owner = view if isinstance(view, type) else type(view)
        raise UndeclaredPolicyError(f"{owner.__module__}.{owner.__qualname__} declares no policy for {name!r}.")
    return policy[name]
