"""The walls between merchants, asked of the database itself."""

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from o2o.kit.invariants import invariant
from o2o.tenancy.models import TenantDetail
from o2o.tenancy.scope import PLATFORM_ROLE

TENANT_TABLES = """
    SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
      AND (c.relname = 'tenancy_merchant' OR EXISTS (
            SELECT 1 FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attname = 'merchant_id' AND NOT a.attisdropped))
"""


@invariant("tenancy.row_level_security", _("Each table of a merchant has row-level security without exemptions"))
def row_level_security() -> str:
    """Return the query for tenant tables without forced security or without its two policies."""
    return f"""
        SELECT t.relname AS table_name, t.relrowsecurity AS is_enabled, t.relforcerowsecurity AS is_forced,
               array_agg(p.polname::text ORDER BY p.polname) AS policies
        FROM ({TENANT_TABLES}) t LEFT JOIN pg_policy p ON p.polrelid = t.oid
        GROUP BY 1, 2, 3
        HAVING NOT (t.relrowsecurity AND t.relforcerowsecurity)
            OR NOT coalesce(array_agg(p.polname::text) @> ARRAY['platform', 'tenant'], false)
            OR count(p.polname) <> 2"""  # noqa: S608 - constants


@invariant("tenancy.role_cannot_bypass", _("The application's database roles own nothing and bypass nothing"))
def role_cannot_bypass() -> str:
    """Return the query for roles of the application that could open the walls."""
    return f"""
        SELECT r.rolname, r.rolsuper, r.rolbypassrls,
               EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid) AS owns_tables
        FROM pg_roles r
        WHERE r.rolname IN (session_user, '{PLATFORM_ROLE}')
          AND (r.rolsuper OR r.rolbypassrls OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid))"""  # noqa: S608


@invariant("tenancy.unique_per_merchant", _("What is unique is unique within a merchant"))
def unique_per_merchant() -> str:
    """Return the query for unique indexes of tenant tables that tell one merchant about another.

    Keys that the database or a UUID hands out tell nothing, and neither does a unique index led by the merchant.
    """
    known = ", ".join(f"('{table}', '{column}')" for table, column in sorted(_handed_out()))
    return f"""
        SELECT t.relname AS table_name, ic.relname AS index_name
        FROM ({TENANT_TABLES}) t
        JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class ic ON ic.oid = i.indexrelid
        LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
        WHERE i.indisunique AND NOT i.indisprimary
          AND coalesce(a.attname, '') <> 'merchant_id'
          AND coalesce(a.atttypid, 0) <> 'uuid'::regtype
          AND (t.relname::text, coalesce(a.attname, '')::text) NOT IN ({known})"""  # noqa: S608 - constants


@invariant("tenancy.details_have_a_merchant", _("Each row of the last hour belongs to a merchant that is there"))
def details_have_a_merchant() -> str:
    """Return the query for rows of tables without a reference to the merchant, of which there is none.

    Only the newest, which the keys tell: the tables grow with each order.
    """
    # The first 48 bits of a UUIDv7 are milliseconds since 1970 (RFC 9562).
    since = "(lpad(to_hex((extract(epoch FROM now() - interval '1 hour') * 1000)::bigint), 12, '0') || repeat('0', 20))"
    return " UNION ALL ".join(
        f"""SELECT '{model._meta.db_table}' AS table_name, detail.id FROM {model._meta.db_table} detail
            WHERE detail.id >= {since}::uuid
              AND NOT EXISTS (SELECT 1 FROM tenancy_merchant merchant WHERE merchant.id = detail.merchant_id)"""  # noqa: S608 - constants
        for model in apps.get_models()
        if issubclass(model, TenantDetail)
    )


def _handed_out() -> set[tuple[str, str]]:
    """Name the unique columns whose values nobody chooses, and the short name that stands in a merchant's address."""
    found = {("tenancy_merchant", "slug")}
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if field.unique and (field.has_db_default() or callable(field.default)):
                found.add((model._meta.db_table, str(field.column)))
    return found
