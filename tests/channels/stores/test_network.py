"""Channels and locations in memory: never older than what is committed, never what is not."""

from datetime import date, time

import pgtrigger
import pytest
from django.db import transaction

from channels.orders.services.acceptance import load_policies
from channels.orders.services.candidates import load_rules
from channels.stores.models import ChannelLocation, OpeningPeriod, SalesChannel, SpecialDay, StockLocation
from channels.stores.network import load_network
from o2o.tenancy.models import ReferenceVersion
from o2o.tenancy.reference import current_reference_data
from o2o.tenancy.scope import platform_transaction, tenant_transaction
from tests.channels.factories import ChannelLocationFactory, SalesChannelFactory, StockLocationFactory
from tests.factories import MerchantFactory

LOADERS = (load_network, load_rules, load_policies)


@pytest.fixture
def chain(committed_db):
    """A merchant with a channel that a store serves, committed."""
    merchant = MerchantFactory()
    with tenant_transaction(merchant.pk):
        channel = SalesChannelFactory(merchant=merchant)
        store = StockLocationFactory(merchant=merchant, name="Old Town")
        ChannelLocationFactory(merchant=merchant, channel=channel, location=store)
    return merchant


def network_of(merchant):
    with tenant_transaction(merchant.pk):
        return current_reference_data().get(load_network)


def names_in(network):
    return sorted(location.name for location in network.locations.values())


def test_what_is_kept_costs_one_query(chain, django_assert_num_queries):
    network_of(chain)
    with tenant_transaction(chain.pk), django_assert_num_queries(1):
        reference = current_reference_data()
        assert names_in(reference.get(load_network)) == ["Old Town"]
    with tenant_transaction(chain.pk), django_assert_num_queries(7):
        [load() for load in LOADERS]


@pytest.mark.parametrize(
    "change",
    [
        lambda: StockLocation.objects.update(name="New Town"),
        lambda: SalesChannel.objects.update(is_active=False),
        lambda: ChannelLocation.objects.all().delete(),
        lambda: OpeningPeriod.objects.create(
            location=StockLocation.objects.get(), weekday=0, opens_at=time(8), closes_at=time(9)
        ),
        lambda: SpecialDay.objects.create(on=date(2026, 12, 25)),
    ],
    ids=("location", "channel", "link", "hours", "special day"),
)
def test_change_is_seen_by_whoever_begins_after_its_commit(chain, change):
    before = network_of(chain)
    with tenant_transaction(chain.pk):
        change()

    after = network_of(chain)

    assert after is not before
    with tenant_transaction(chain.pk):
        assert repr(after) == repr(load_network())


@pytest.mark.usefixtures("chain")
def test_without_the_trigger_an_old_network_would_be_kept(chain):
    network_of(chain)
    with pgtrigger.ignore("stores.StockLocation:raise_reference_version"), tenant_transaction(chain.pk):
        StockLocation.objects.update(name="New Town")

    assert names_in(network_of(chain)) == ["Old Town"]


def test_nobody_is_given_what_was_taken_back(chain):
    network_of(chain)
    with tenant_transaction(chain.pk):
        with transaction.atomic():
            StockLocation.objects.update(name="Never")
            reference = current_reference_data()
            assert reference.version is None
            assert names_in(reference.get(load_network)) == ["Never"]
            transaction.set_rollback(True)
        assert names_in(current_reference_data().get(load_network)) == ["Old Town"]

    assert names_in(network_of(chain)) == ["Old Town"]


def test_merchants_have_versions_of_their_own(chain):
    other = MerchantFactory()
    with tenant_transaction(other.pk):
        StockLocationFactory(merchant=other, name="Elsewhere")
    before = network_of(chain)
    with tenant_transaction(other.pk):
        StockLocation.objects.update(name="Moved")
        assert ReferenceVersion.objects.count() == 1

    assert network_of(chain) is before
    assert names_in(network_of(other)) == ["Moved"]


def test_nothing_is_kept_where_no_merchant_is_in_scope(chain):
    with platform_transaction():
        reference = current_reference_data()
        assert reference.version is None
        assert reference.get(load_network) is not reference.get(load_network)


def test_merchant_without_anything_has_an_empty_network(committed_db):
    assert names_in(network_of(MerchantFactory())) == []


def test_many_changes_of_a_transaction_raise_the_version_once(scope, django_assert_num_queries):
    StockLocationFactory(merchant=scope)
    version = ReferenceVersion.objects.get().version
    with django_assert_num_queries(1):
        StockLocation.objects.update(name="New Town")

    assert ReferenceVersion.objects.get().version == version


def test_only_active_locations_of_active_channels_serve_in_their_order(scope):
    channel, closed = SalesChannelFactory(merchant=scope), SalesChannelFactory(merchant=scope, is_active=False)
    first, second = StockLocationFactory(merchant=scope), StockLocationFactory(merchant=scope)
    shut = StockLocationFactory(merchant=scope, is_active=False)
    for place, location in enumerate((second, first, shut)):
        ChannelLocationFactory(merchant=scope, channel=channel, location=location, priority=place)
    ChannelLocationFactory(merchant=scope, channel=closed, location=first)

    network = load_network()

    assert [link.location_id for link in network.serving[channel.pk]] == [second.pk, first.pk]
    assert set(network.serving) == {channel.pk}
    assert set(network.locations) == {first.pk, second.pk, shut.pk}
