"""The second wall: what the database itself shows and takes (S2)."""

import threading
import uuid

import psycopg2
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from tests.factories import MembershipFactory, MerchantFactory
from tests.trials import trials

TENANT_TABLES = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
       array(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid ORDER BY 1)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
  AND EXISTS (SELECT 1 FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attname = 'merchant_id' AND NOT a.attisdropped)
"""
UNIQUES = """
SELECT t.relname, i.relname, x.indisprimary,
       array(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY k(number, place)
             LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number ORDER BY k.place)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE x.indisunique AND n.nspname = 'public'
  AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'merchant_id')
"""
# Random or handed out by a sequence: nobody can choose a value, so that uniqueness over all merchants tells nothing.
UNGUESSABLE = {"client_id", "position"}


def rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def memberships_seen() -> int:
    return rows("SELECT count(*) FROM tenancy_membership")[0][0]


@pytest.mark.django_db
def test_no_tenant_table_lacks_the_wall() -> None:
    found = rows(TENANT_TABLES)
    assert "tenancy_membership" in {name for name, *_ in found}
    assert [row for row in found if row[1:] != (True, True, ["platform", "tenant"])] == []


@pytest.mark.django_db
def test_the_search_for_tables_without_wall_finds_one(owner_connection: psycopg2.extensions.connection) -> None:
    """Control: a table without the wall is noticed."""
    with owner_connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forgotten (merchant_id uuid)")
        try:
            assert ("forgotten", False, False, []) in rows(TENANT_TABLES)
        finally:
            cursor.execute("DROP TABLE forgotten")


@pytest.mark.django_db
def test_uniques_lead_with_the_merchant() -> None:
    faults = [
        (table, index, columns)
        for table, index, is_primary, columns in rows(UNIQUES)
        if not is_primary
        and columns[0] != "merchant_id"
        and not UNGUESSABLE.intersection(columns)
        and not is_reference(table, columns)
    ]
    assert faults == []


def is_reference(table: str, columns: list[str]) -> bool:
    """Uniques that lead with a reference to a row of the same merchant tell nothing about another."""
    return columns[0] is not None and columns[0].endswith("_id")


def test_nothing_is_seen_without_a_tenant(merchant: Merchant) -> None:
    MembershipFactory(merchant=merchant)
    assert memberships_seen() == 0
    with platform_transaction():
        assert memberships_seen() == 1


def test_raw_sql_sees_only_its_tenant(merchant: Merchant, other_merchant: Merchant) -> None:
    MembershipFactory(merchant=merchant)
    MembershipFactory.create_batch(2, merchant=other_merchant)
    with tenant_transaction(merchant.pk):
        assert memberships_seen() == 1
    with tenant_transaction(other_merchant.pk):
        assert memberships_seen() == 2


def test_row_of_another_tenant_is_not_written(merchant: Merchant, other_merchant: Merchant) -> None:
    theirs = MembershipFactory(merchant=other_merchant)
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_transaction(merchant.pk):
        Membership.objects.create(merchant=other_merchant, user=theirs.user, role="owner")
    with tenant_transaction(merchant.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE tenancy_membership SET role = 'owner'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM tenancy_membership")
        assert cursor.rowcount == 0
    with tenant_transaction(other_merchant.pk):
        assert Membership.objects.get().role == "clerk"


def test_without_the_wall_another_tenant_is_seen(
    merchant: Merchant, other_merchant: Merchant, owner_connection: psycopg2.extensions.connection
) -> None:
    """Control: as a role to which the tenant policy does not apply, the same statement sees both."""
    MembershipFactory(merchant=merchant)
    MembershipFactory(merchant=other_merchant)
    with tenant_transaction(merchant.pk), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE o2o_platform")
        assert memberships_seen() == 2


@pytest.mark.django_db
def test_the_application_role_can_bypass_nothing() -> None:
    assert rows(
        "SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolcreaterole FROM pg_roles WHERE rolname = session_user"
    ) == [("o2o_app", False, False, False, False)]
    with pytest.raises(ProgrammingError, match="must be owner"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenancy_membership DISABLE ROW LEVEL SECURITY")


@pytest.mark.faults
@pytest.mark.usefixtures("committed_db")
def test_interleaved_transactions_never_mix() -> None:
    """Two thousand transactions of four tenants on four reused connections; 10,000 in the long form."""
    merchants = MerchantFactory.create_batch(4)
    for count, merchant in enumerate(merchants, start=1):
        MembershipFactory.create_batch(count, merchant=merchant)
    expected = {merchant.pk: count for count, merchant in enumerate(merchants, start=1)}
    mixed: list[tuple[uuid.UUID, int]] = []

    def work(offset: int) -> None:
        try:
            for turn in range(trials(500, long=2_500)):
                merchant = merchants[(turn + offset) % 4]
                with tenant_transaction(merchant.pk):
                    seen = memberships_seen()
                if seen != expected[merchant.pk]:
                    mixed.append((merchant.pk, seen))
                if turn % 50 == 0 and memberships_seen() != 0:
                    mixed.append((merchant.pk, -1))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[offset]) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mixed == []
