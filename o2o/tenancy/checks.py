"""Checks of the database role: a role that can bypass row-level security would open every wall."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections

ROLE_FACTS = """
SELECT rolname, rolsuper, rolbypassrls,
       EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p') AND n.nspname = 'public')
FROM pg_roles r WHERE rolname = session_user
"""


@checks.register(checks.Tags.database)
def application_role_cannot_bypass(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Refuse a ``default`` connection whose role is a superuser, bypasses row-level security or owns tables."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(ROLE_FACTS)
        name, is_superuser, bypasses, owns = cursor.fetchone()
    faults = [
        text
        for is_fault, text in (
            (is_superuser, "is a superuser"),
            (bypasses, "has BYPASSRLS"),
            (owns, "owns tables"),
        )
        if is_fault
    ]
    if not faults:
        return []
    return [
        checks.Error(
            f"The database role {name!r} of DATABASE_URL {' and '.join(faults)}: merchants would not be kept apart.",
            hint="Use the role that `python -m o2o.embedded prepare-database` creates (docs/operations.md).",
            id="o2o.tenancy.E001",
        )
    ]
