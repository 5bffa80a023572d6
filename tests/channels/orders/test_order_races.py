"""Stores, clerks, clocks and channels at once on the same orders (R15), with a control."""

import random
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from channels.orders.models import FulfillmentOrder, Order, PickupCode, Return
from channels.orders.services import clocks, fulfilling, returning
from channels.orders.services.cancelling import cancel_order
from channels.orders.services.fulfilling import FulfillmentStateError
from channels.orders.services.ingesting import ingest_order
from channels.orders.services.pickup import TooManyTriesError
from channels.orders.services.returning import NothingToReturnError
from channels.orders.services.rules import set_acceptance
from o2o.kit.errors import DomainError
from o2o.kit.locks import sqlstate
from o2o.tenancy.scope import tenant_transaction
from tests.channels.inventory.conftest import broken_invariants
from tests.channels.inventory.test_races import at_once
from tests.channels.orders.conftest import AT, draft, make_shop, paid, place
from tests.factories import MerchantFactory
from tests.trials import trials

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def part_of(order, state=None):
    rows = order.fulfillments.exclude(state__in=("rejected", "cancelled"))
    return (rows.filter(state=state) if state else rows).order_by("-pk").first()


def done(shop, *units, **fields):
    order = place(shop, *units, payments=[paid(18 * sum(units))], **fields)
    part = part_of(order)
    fulfilling.accept(fulfillment_id=part.pk, at=AT)
    fulfilling.ship(fulfillment_id=part.pk, at=AT, carrier="SF", tracking_number="1")
    order.refresh_from_db()
    return order


def lying_ready(merchant):
    shop = make_shop(merchant)
    with tenant_transaction(merchant.pk):
        part = part_of(place(shop, 1, method="pickup", location_id=shop.locations[0].pk))
        fulfilling.accept(fulfillment_id=part.pk, at=AT)
        fulfilling.mark_ready(fulfillment_id=part.pk, at=AT)
    return part


def guesses(merchant, part):
    def guess(_number):
        try:
            with tenant_transaction(merchant.pk):
                refusal = fulfilling.hand_over(fulfillment_id=part.pk, code="0000-0000-0000", at=AT)
        except TooManyTriesError:
            return "too many"
        return "wrong" if refusal else "handed over"

    return guess


@pytest.mark.faults
@pytest.mark.usefixtures("committed_db")
class TestAtOnce:
    def test_accepted_and_expired_at_once_is_one_of_both(self):
        merchant = MerchantFactory()
        shop = make_shop(merchant, on_hand=1000)
        for _round in range(trials(3, long=100)):
            with tenant_transaction(merchant.pk):
                set_acceptance(channel_id=shop.channel.pk, accept_minutes=15, at=AT)
                order = place(shop, 1)
                part = part_of(order)

            def act(number, part=part):
                try:
                    with tenant_transaction(merchant.pk):
                        if number % 2:
                            return "expired" * clocks.tick(at=AT + DAY)
                        fulfilling.accept(fulfillment_id=part.pk, at=AT)
                        return "accepted"
                except FulfillmentStateError:
                    return "refused"

            came = Counter(at_once(act, 4))
            assert came["accepted"] + came["expired"] == 1, came
        assert broken_invariants("orders.") == broken_invariants() == []

    def test_unit_is_returned_once_by_two_clerks(self):
        merchant = MerchantFactory()
        shop = make_shop(merchant)
        with tenant_transaction(merchant.pk):
            order = done(shop, 1)
            line_id = order.lines.get().pk

        def ask(_number):
            try:
                with tenant_transaction(merchant.pk):
                    returning.request_return(order_id=order.pk, lines={line_id: 1}, at=AT)
            except NothingToReturnError:
                return "refused"
            return "requested"

        assert Counter(at_once(ask, 6)) == {"requested": 1, "refused": 5}

    def test_control_without_the_lock_of_the_order_the_unit_is_returned_twice(self, monkeypatch):
        merchant = MerchantFactory()
        shop = make_shop(merchant)
        with tenant_transaction(merchant.pk):
            order = done(shop, 1)
            line_id = order.lines.get().pk
        both_have_looked = threading.Barrier(2)
        look = returning.units_taken

        def slow(rows):
            taken = look(rows)
            both_have_looked.wait()
            return taken

        monkeypatch.setattr(returning, "lock_order", lambda pk: Order.objects.get(pk=pk))
        monkeypatch.setattr(returning, "units_taken", slow)

        def ask(_number):
            with tenant_transaction(merchant.pk):
                returning.request_return(order_id=order.pk, lines={line_id: 1}, at=AT)

        at_once(ask, 2)

        with tenant_transaction(merchant.pk):
            assert Return.objects.count() == 2
        assert [name for name, _rows in broken_invariants("orders.")] == ["orders.returns_are_within_what_was_sold"]

    def test_many_who_guess_at_once_have_five_tries(self):
        merchant = MerchantFactory()
        part = lying_ready(merchant)

        assert Counter(at_once(guesses(merchant, part), 16)) == {"wrong": 5, "too many": 11}

        with tenant_transaction(merchant.pk):
            assert PickupCode.objects.get().tries == 5

    def test_control_without_the_lock_guesses_meet_before_they_are_counted(self, monkeypatch):
        merchant = MerchantFactory()
        part = lying_ready(merchant)
        all_have_looked = threading.Barrier(8)
        look = fulfilling.use_pickup_code

        def slow(**fields):
            all_have_looked.wait()
            return look(**fields)

        monkeypatch.setattr(fulfilling, "lock_order", lambda pk: Order.objects.get(pk=pk))
        monkeypatch.setattr(fulfilling, "lock_rows", list)
        monkeypatch.setattr(fulfilling, "use_pickup_code", slow)

        assert Counter(at_once(guesses(merchant, part), 8)) == {"wrong": 8}

    def test_everything_at_once_never_deadlocks(self):
        """Orders, cancellations, rejections, shipments, returns and messages on shared orders and SKUs (R15)."""
        merchant = MerchantFactory()
        shop = make_shop(merchant, stores=3, variants=4, on_hand=60)
        faults: list[str] = []
        shared: list[Any] = []
        with tenant_transaction(merchant.pk):
            shared.extend(place(shop, 1, 1, 1).pk for _ in range(4))

        def live(seed):
            dice = random.Random(seed)
            for step in range(trials(12, long=300)):
                try:
                    with tenant_transaction(merchant.pk):
                        _act(dice, shop, shared, f"{seed}-{step}")
                except DomainError:
                    continue
                except OperationalError as error:
                    faults.append(sqlstate(error) or str(error))

        at_once(live, 8)

        assert faults == []
        assert broken_invariants("orders.") == broken_invariants() == []


def _act(dice, shop, shared, name):
    act = dice.choice(["place", "place", "cancel", "reject", "ship", "return", "ingest"])
    units = [dice.randint(0, 2) for _variant in shop.variants]
    if act == "place" and any(units):
        shared.append(place(shop, *units).pk)
    elif act == "ingest" and any(units):
        known = f"X{dice.randint(1, 3)}"
        one = draft(shop, *units, external_id=known, connection_id=shop.channel.pk)
        ingest_order(draft=one, version=dice.randint(1, 50), at=AT)
    elif act == "cancel":
        cancel_order(order_id=dice.choice(shared), at=AT)
    elif act == "return":
        order = Order.objects.get(pk=dice.choice(shared))
        for line in order.lines.filter(fulfilled__gt=0)[:1]:
            returning.request_return(order_id=order.pk, lines={line.pk: 1}, at=AT)
    else:
        part = FulfillmentOrder.objects.filter(
            order_id=dice.choice(shared), state="open", location__isnull=False
        ).first()
        if part is not None and act == "reject":
            fulfilling.reject(fulfillment_id=part.pk, reason="other", at=AT)
        elif part is not None:
            fulfilling.accept(fulfillment_id=part.pk, at=AT)
            fulfilling.ship(fulfillment_id=part.pk, at=AT)
