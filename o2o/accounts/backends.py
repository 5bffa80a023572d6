"""The lockout after wrong passwords, exact also when many come at once."""

from collections.abc import Mapping
from typing import Any

from axes.backends import AxesStandaloneBackend
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.http import HttpRequest

from o2o.kit.addresses import counted_address


def counted_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return the account name under which failures are counted, whether such an account exists or not."""
    given = credentials or {}
    name = given.get("email") or given.get("username") or request.POST.get("login") or ""
    return str(name).strip().lower().replace("\0", "")[:254]


class LockoutBackend(AxesStandaloneBackend):
    """Refuses whoever is locked out; those who try the same account from the same address wait for each other.

    Without the waiting, any number of tries that come at once are all let through before the first failure is
    counted. The lock is held until the request's transaction ends, which is when its failure is there for all to see.
    Others are not held up: another address has another lock, so that nobody can bar the owner of an account.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **credentials: Any
    ) -> AbstractBaseUser | None:
        """Raise ``PermissionDenied`` for whoever is locked out; never sign anybody in."""
        if request is not None and password is not None:
            name = counted_name(request, {"username": username, **credentials})
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                    [f"sign-in\n{name}\n{counted_address(request)}"],
                )
        super().authenticate(request, username=username, password=password, **credentials)
        return None
