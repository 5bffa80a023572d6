"""The query scope and the settings in the transaction."""

import uuid

import pytest
from django.db import DataError, connection, transaction
from django_scopes.exceptions import ScopeError

from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import (
    NoTransactionError,
    current_merchant_id,
    platform_transaction,
    tenant_scope,
    tenant_transaction,
)
from tests.factories import MembershipFactory


def database_view() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, coalesce(current_setting('o2o.merchant_id', true), '')")
        return cursor.fetchone()


@pytest.mark.django_db
def test_query_without_scope_raises() -> None:
    with pytest.raises(ScopeError):
        Membership.objects.count()


def test_scope_shows_only_its_merchant(merchant: Merchant, other_merchant: Merchant) -> None:
    mine = MembershipFactory(merchant=merchant)
    MembershipFactory(merchant=other_merchant)
    with tenant_scope(merchant.pk):
        assert list(Membership.objects.all()) == [mine]


def test_scopes_nest_and_restore(merchant: Merchant, other_merchant: Merchant) -> None:
    with tenant_scope(merchant.pk):
        with tenant_scope(other_merchant.pk):
            assert database_view() == ("o2o_app", str(other_merchant.pk))
        assert current_merchant_id() == merchant.pk
        assert database_view() == ("o2o_app", str(merchant.pk))
        with platform_transaction():
            assert database_view() == ("o2o_platform", "")
            with tenant_transaction(other_merchant.pk):
                assert database_view() == ("o2o_app", str(other_merchant.pk))
            assert database_view() == ("o2o_platform", "")
        assert database_view() == ("o2o_app", str(merchant.pk))
    assert current_merchant_id() is None
    assert database_view() == ("o2o_app", "")


def test_scope_ends_after_an_error_in_python(merchant: Merchant) -> None:
    with pytest.raises(KeyError), tenant_scope(merchant.pk):
        raise KeyError
    assert current_merchant_id() is None
    assert database_view() == ("o2o_app", "")


def test_scope_ends_after_an_error_in_the_database(merchant: Merchant) -> None:
    with (
        pytest.raises(DataError, match="division by zero"),
        tenant_transaction(merchant.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1/0")
    assert current_merchant_id() is None
    assert database_view() == ("o2o_app", "")


@pytest.mark.usefixtures("committed_db")
def test_scope_needs_a_transaction() -> None:
    with pytest.raises(NoTransactionError), tenant_scope(uuid.uuid4()):
        pass


@pytest.mark.usefixtures("committed_db")
def test_scope_does_not_outlive_its_transaction() -> None:
    with transaction.atomic(), tenant_scope(uuid.uuid4()):
        pass
    assert database_view() == ("o2o_app", "")


def test_new_row_takes_the_merchant_of_the_scope(merchant: Merchant) -> None:
    with tenant_scope(merchant.pk):
        assert Membership().merchant_id == merchant.pk
