"""Two at once on one price, one code, one product: and the same without the guard, where the fault happens."""

import threading
from collections import Counter
from decimal import Decimal

import pytest

from channels.catalog import services
from channels.catalog.models import Barcode, ChannelListing, ConsistencyMark, Deviation, PriceInterval, Variant
from channels.catalog.selectors.prices import prices_at
from channels.catalog.services import PriceWish, monitoring, prices, products
from channels.catalog.services.prices import PriceMovedError
from channels.catalog.services.products import CodeTakenError
from o2o.kit.clock import now
from o2o.tenancy.scope import tenant_transaction
from tests.channels.catalog.conftest import offer
from tests.channels.factories import SalesChannelFactory, VariantFactory
from tests.channels.inventory.test_races import at_once
from tests.factories import MerchantFactory
from tests.trials import trials

pytestmark = pytest.mark.usefixtures("committed_db")


class Shop:
    """A variant at 20 in two channels of a merchant."""

    def __init__(self):
        self.merchant = MerchantFactory()
        with tenant_transaction(self.merchant.pk):
            self.variant = VariantFactory(merchant=self.merchant)
            self.channels = [SalesChannelFactory(merchant=self.merchant) for _ in range(2)]
            self.listings = [offer(channel, self.variant, 20) for channel in self.channels]
            services.set_policy(reference_channel_id=self.channels[0].pk, product_id=self.variant.product_id, at=now())
            ConsistencyMark.objects.all().delete()

    def scope(self):
        return tenant_transaction(self.merchant.pk)


def change_from_twenty(shop, pause=None):
    """Let two people, who both see 20, set another price; return what they were told, and the prices recorded."""

    def change(number):
        try:
            with shop.scope():
                wish = PriceWish(shop.listings[0].pk, Decimal(18 + number), expected=Decimal(20))
                services.set_price(wish=wish, at=now())
                if pause:
                    pause.wait()
        except PriceMovedError:
            return "moved"
        return "set"

    return Counter(at_once(change, 2))


def test_of_two_who_saw_the_same_price_one_is_told_that_it_moved():
    for _round in range(trials(3, long=100)):
        shop = Shop()

        assert change_from_twenty(shop) == {"set": 1, "moved": 1}

        with shop.scope():
            listing = ChannelListing.objects.get(pk=shop.listings[0].pk)
            assert listing.price == prices_at(listing_ids=[listing.pk], at=now())[listing.pk].price != 20
            assert PriceInterval.objects.filter(listing=listing).count() == 2


def test_control_without_the_lock_both_set_it_and_one_never_learns(monkeypatch):
    monkeypatch.setattr(prices, "lock_rows", lambda rows: list(rows.order_by("pk")))
    shop = Shop()
    both_have_looked = threading.Barrier(2)
    real = prices.judge

    def judge(**asked):
        both_have_looked.wait()
        return real(**asked)

    monkeypatch.setattr(prices, "judge", judge)

    assert change_from_twenty(shop) == {"set": 2}
    with shop.scope():
        assert PriceInterval.objects.filter(listing=shop.listings[0]).count() == 3


def take_one_code(shop):
    """Let two take one code: one as the GTIN of a variant, the other as a barcode of another variant."""
    with shop.scope():
        other = VariantFactory(merchant=shop.merchant)

    def take(number):
        try:
            with shop.scope():
                if number:
                    services.add_barcode(variant_id=other.pk, value="5901234123457", at=now())
                else:
                    services.update_variant(variant_id=shop.variant.pk, gtin="5901234123457", at=now())
        except CodeTakenError:
            return "taken"
        return "got it"

    return Counter(at_once(take, 2))


def test_code_names_one_variant_though_two_take_it_at_once():
    for _round in range(trials(3, long=100)):
        assert take_one_code(Shop()) == {"got it": 1, "taken": 1}


def test_control_without_the_lock_a_code_names_two_variants(monkeypatch):
    both_have_looked = threading.Barrier(2)
    real = products._claim

    def claim(*asked, **named):
        real(*asked, **named)
        both_have_looked.wait()

    monkeypatch.setattr(products, "_lock_codes", lambda values: None)
    monkeypatch.setattr(products, "_claim", claim)
    shop = Shop()

    assert take_one_code(shop) == {"got it": 2}
    with shop.scope():
        assert Variant.objects.filter(gtin="05901234123457").exists()
        assert Barcode.objects.filter(value="05901234123457").exists()


def look_while_it_changes(shop, monkeypatch):
    """Let a slow look compare before a change, and write after a look that saw the change; return what is open."""
    slow_has_compared, quick_is_done = threading.Event(), threading.Event()
    real, order = monitoring._found, threading.local()

    def found(product_ids, at):
        answer = real(product_ids, at)
        if getattr(order, "is_slow", False):
            slow_has_compared.set()
            quick_is_done.wait(2)
        return answer

    monkeypatch.setattr(monitoring, "_found", found)

    def look(number):
        if number == 0:
            order.is_slow = True
            with shop.scope():
                services.refresh_deviations(product_ids=[shop.variant.product_id], at=now())
            order.is_slow = False
            return
        slow_has_compared.wait(5)
        with shop.scope():
            services.set_price(wish=PriceWish(shop.listings[1].pk, Decimal(20)), at=now())
        with shop.scope():
            services.refresh_deviations(product_ids=[shop.variant.product_id], at=now())
        quick_is_done.set()

    with shop.scope():
        services.set_price(wish=PriceWish(shop.listings[1].pk, Decimal(22)), at=now())
    at_once(look, 2)
    with shop.scope():
        return Deviation.objects.filter(ended_at=None).count()


def test_slow_look_does_not_bring_back_what_was_put_right(monkeypatch):
    assert look_while_it_changes(Shop(), monkeypatch) == 0


def test_control_without_the_lock_on_the_product_it_does(monkeypatch):
    monkeypatch.setattr(monitoring, "lock_rows", lambda rows: list(rows.order_by("pk")))

    assert look_while_it_changes(Shop(), monkeypatch) == 1


def test_change_during_a_look_is_looked_at_by_the_next_one(monkeypatch):
    """A mark that is written while the monitor compares outlives the look that could not see its cause."""
    shop = Shop()
    real = monitoring._found

    def found(product_ids, at):
        answer = real(product_ids, at)

        def change(_number):
            with shop.scope():
                services.set_price(wish=PriceWish(shop.listings[1].pk, Decimal(22)), at=now())

        monkeypatch.setattr(monitoring, "_found", real)
        at_once(change, 1)
        return answer

    with shop.scope():
        services.set_visibility(listing_ids=[shop.listings[1].pk], is_visible=False, at=now())
        services.set_visibility(listing_ids=[shop.listings[1].pk], is_visible=True, at=now())
    monkeypatch.setattr(monitoring, "_found", found)
    with shop.scope():
        services.look_again(at=now())
    with shop.scope():
        assert not Deviation.objects.filter(ended_at=None).exists()
        assert services.look_again(at=now()) == 1
        assert Deviation.objects.get(ended_at=None).kind == "price"
