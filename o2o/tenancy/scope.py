"""The scope that decides whose rows a piece of work may touch.

Two walls are raised together: django-scopes filters every queryset of a tenant model (and raises where no scope is
active), and PostgreSQL's row-level security compares each row with ``o2o.merchant_id``, which is set with
``SET LOCAL`` and so cannot outlive the transaction, also behind a transaction pooler.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import django_scopes
from django.db import connection, transaction
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

from o2o.kit import clock

PLATFORM_ROLE = "o2o_platform"


class NoTransactionError(RuntimeError):
    """A scope was asked for outside a transaction, where ``SET LOCAL`` has no effect."""


@dataclass(frozen=True, slots=True)
class _Scope:
    merchant_id: uuid.UUID | None = None
    is_platform: bool = False

    @property
    def role(self) -> str:
        return PLATFORM_ROLE if self.is_platform else "none"

    def apply(self) -> None:
        with connection.cursor() as cursor:
            # One round trip; the last statement's row is the answer.
            cursor.execute(
                f"SET LOCAL ROLE {self.role}; SELECT clock_timestamp(), set_config('o2o.merchant_id', %s, true)",
                [str(self.merchant_id or "")],
            )
            clock.note(cursor.fetchone()[0])

    def querysets(self) -> AbstractContextManager[None]:
        if self.is_platform:
            return django_scopes.scopes_disabled()
        return django_scopes.scope(merchant=self.merchant_id)


_NOBODY = _Scope()
_active: ContextVar[_Scope] = ContextVar("o2o_scope", default=_NOBODY)


def current_merchant_id() -> uuid.UUID | None:
    """Return the merchant whose scope is active, or None."""
    return _active.get().merchant_id


@contextmanager
def tenant_scope(merchant_id: uuid.UUID, *, until_commit: bool = False) -> Iterator[None]:
    """Show only the rows of one merchant until the block ends. The caller has opened the transaction.

    Raises ``NoTransactionError`` in autocommit mode. Scopes nest; leaving one restores the outer one, except with
    ``until_commit``, by which the caller promises to end the transaction with the block: that saves a round trip.
    """
    with _entered(_Scope(merchant_id=merchant_id), restores=not until_commit):
        yield


@contextmanager
def tenant_transaction(merchant_id: uuid.UUID) -> Iterator[None]:
    """Open a transaction (or a savepoint) that shows only the rows of one merchant."""
    with _transaction_of(_Scope(merchant_id=merchant_id)):
        yield


@contextmanager
def platform_transaction() -> Iterator[None]:
    """Open a transaction that sees all merchants, for work that belongs to the platform and not to one of them.

    Signing in, the relay, sweepers and the operators' pages need it; nothing that serves a merchant may.
    ``tests/o2o/tenancy/test_platform_scope.py`` lists each place that calls it.
    """
    with _transaction_of(_Scope(is_platform=True)):
        yield


def ask_platform(query: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Ask the whole platform one question in one round trip, and give the role back in the same statement.

    For what must be known before a scope can be chosen: whose token or session this is. ``query`` is a constant
    ``SELECT`` of at most one row whose first column is never NULL; None is answered where there is no row. The role
    is returned by the statement itself, so that nothing after it runs as the platform, whatever the answer.
    Raises ``NoTransactionError`` in autocommit mode.
    """
    if not connection.in_atomic_block:
        raise NoTransactionError("Open a transaction first: the role is set for one transaction only.")
    # Rights and policies are settled when the statement starts; the select list runs later, once, for the one row.
    statement = f"""SET LOCAL ROLE {PLATFORM_ROLE};
        SELECT set_config('role', %(outer_role)s, true), answer.*
        FROM (VALUES (1)) AS always (one) LEFT JOIN LATERAL ({query}) AS answer ON true"""  # noqa: S608 - constants
    with connection.cursor() as cursor:
        cursor.execute(statement, {**parameters, "outer_role": _active.get().role})
        answer: tuple[Any, ...] = cursor.fetchone()[1:]
    return None if answer[0] is None else answer


@contextmanager
def _transaction_of(scope: _Scope) -> Iterator[None]:
    # What is set for an outermost transaction ends with its commit; only a savepoint's scope must be given back.
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), _entered(scope, restores=not is_outermost):
        yield


@contextmanager
def _entered(scope: _Scope, *, restores: bool = True) -> Iterator[None]:
    if not connection.in_atomic_block:
        raise NoTransactionError("Open a transaction first, or use tenant_transaction(merchant_id).")
    outer = _active.get()
    scope.apply()
    token = _active.set(scope)
    try:
        with scope.querysets():
            yield
    finally:
        _active.reset(token)
        # A transaction that failed takes no statement; its rollback undoes the setting as well.
        if restores and _takes_statements():
            outer.apply()


def _takes_statements() -> bool:
    raw = connection.connection
    return bool(raw) and raw.info.transaction_status == TRANSACTION_STATUS_INTRANS
