"""The one permission class: what the view declared."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from o2o.api.policy import AUTHENTICATED, PUBLIC, Access, rule_for
from o2o.tenancy.actor import Actor

if TYPE_CHECKING:
    # REST framework's views import this module through the settings.
    from rest_framework.views import APIView


class DeclaredPolicy(BasePermission):
    """Let a caller in as the view's ``policy`` says; see ``o2o.api.policy``."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Answer False for nobody (401); raise ``ForbiddenError`` (403) for an actor without the capability."""
        rule = rule_for(view, request.method or "", getattr(view, "action", None))
        if rule is PUBLIC:
            return True
        if not isinstance(request.user, Actor):
            return False
        if rule is not AUTHENTICATED and not isinstance(rule, Access):
            request.user.require(rule)
        return True
