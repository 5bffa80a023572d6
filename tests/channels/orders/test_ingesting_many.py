"""Many messages in one call: each as if it had come alone, in a number of statements that does not grow."""

import random
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, OperationalError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.inventory.models import StockMovement
from channels.inventory.services import set_quota
from channels.orders.drafts import LineDraft
from channels.orders.models import FulfillmentOrder, Order
from channels.orders.services import ingesting_many, placing
from channels.orders.services.ingesting import Ingested, Outcome, ingest_order
from channels.orders.services.ingesting_many import Message, ingest_orders
from channels.orders.services.locking import lock_order
from channels.orders.services.placing import place_order
from channels.orders.totals import WrongTotalError
from o2o.kit.errors import DomainError, InvalidError, UnknownReferenceError
from o2o.kit.locks import DEADLOCK_DETECTED, BusyError, retried, sqlstate
from o2o.kit.models import uuid7
from o2o.tenancy.scope import tenant_scope, tenant_transaction
from tests.channels.inventory.conftest import broken_invariants
from tests.channels.inventory.test_races import at_once
from tests.channels.orders.conftest import AT, draft, make_shop, paid, place, stock
from tests.factories import MerchantFactory
from tests.trials import trials


def message(shop, *quantities, external_id="X1", version=1, **fields):
    return Message(draft(shop, *quantities, external_id=external_id, **fields), version)


def outcomes(answers):
    return [answer.outcome if isinstance(answer, Ingested) else type(answer) for answer in answers]


def orders_of(shop):
    """Return what came of the orders of a shop: where each unit is, by names that another shop would have too."""
    places = {location.pk: number for number, location in enumerate(shop.locations)}
    found = {}
    for order in Order.objects.filter(channel=shop.channel):
        parts = [
            (
                places.get(part.location_id), part.state, part.queue,
                sorted((line.order_line.external_id, line.quantity) for line in part.lines.all()),
            )
            for part in order.fulfillments.all()
        ]  # fmt: skip
        found[order.external_id] = (
            order.state, order.payment_state, order.total, order.paid_total, order.cancelled_total, order.note,
            sorted(parts, key=str),
            sorted(order.timeline.values_list("kind", flat=True)),
        )  # fmt: skip
    return found


def shelves_of(shop):
    return [
        [stock(shop, location=place, variant=number) for number in range(len(shop.variants))]
        for place in range(len(shop.locations))
    ]


@pytest.mark.django_db
class TestEach:
    def test_each_message_has_its_answer_and_one_that_is_refused_takes_no_other_with_it(self, shop):
        known = ingest_order(draft=message(shop, 1, external_id="K1").draft, version=1, at=AT).order
        ingest_order(draft=message(shop, 1, external_id="K2").draft, version=5, at=AT)
        strange = LineDraft(1, Decimal(1), variant_id=uuid7())
        wrong = message(shop, 1, external_id="W1", total=Decimal(1))

        answers = ingest_orders(
            messages=[
                message(shop, 2, external_id="N1"),
                wrong,
                message(shop, 1, external_id="K1"),
                message(shop, 3, external_id="K1", version=2),
                message(shop, 1, external_id="K2", version=4),
                message(shop, 1, external_id=""),
                replace(wrong, draft=replace(wrong.draft, external_id="W2", total=None, lines=[strange])),
                replace(wrong, draft=replace(wrong.draft, external_id="W3", total=None, channel_id=uuid7())),
                message(shop, 1, external_id="N2"),
                message(shop, 4, external_id="N1", version=2),
            ],
            at=AT,
        )

        assert outcomes(answers) == [
            Outcome.CREATED, WrongTotalError, Outcome.UNCHANGED, Outcome.CHANGED, Outcome.OUTDATED, InvalidError,
            UnknownReferenceError, UnknownReferenceError, Outcome.CREATED, Outcome.CHANGED,
        ]  # fmt: skip
        assert answers[3].order.pk == known.pk
        assert sorted(Order.objects.values_list("external_id", flat=True)) == ["K1", "K2", "N1", "N2"]
        assert stock(shop) == (10, 3 + 1 + 4 + 1, 0)
        assert broken_invariants("orders.") == broken_invariants() == []

    def test_one_that_repeats_a_refused_one_makes_the_order(self, shop):
        answers = ingest_orders(messages=[message(shop, 1, total=Decimal(1)), message(shop, 1)], at=AT)

        assert outcomes(answers) == [WrongTotalError, Outcome.CREATED]

    def test_same_call_twice_changes_nothing(self, shop):
        messages = [message(shop, 1, external_id=f"X{number}", payments=[paid(18)]) for number in range(5)]
        ingest_orders(messages=messages, at=AT)
        before = orders_of(shop), shelves_of(shop)

        assert set(outcomes(ingest_orders(messages=messages, at=AT))) == {Outcome.UNCHANGED}
        assert (orders_of(shop), shelves_of(shop)) == before

    def test_purchases_over_the_counter_leave_the_shelf_also_where_the_books_lack_some(self, shop):
        sold = {"method": "in_store", "location_id": shop.locations[0].pk}
        messages = [message(shop, 4, 1, external_id=f"S{number}", **sold) for number in range(4)]

        answers = ingest_orders(messages=[*messages, message(shop, 2, external_id="N1")], at=AT)

        assert set(outcomes(answers)) == {Outcome.CREATED}
        assert (stock(shop), stock(shop, variant=1), stock(shop, location=1)) == ((0, 0, 0), (6, 0, 0), (10, 2, 0))
        corrected = StockMovement.objects.filter(reason="correction").values_list("on_hand_delta", flat=True)
        assert sorted(corrected) == [2, 4]
        assert broken_invariants("orders.") == broken_invariants() == []

    def test_units_of_a_quota_are_drawn_for_all_orders_together(self, scope):
        shop = make_shop(scope, stores=1)
        quota = set_quota(
            variant_id=shop.variants[0].pk,
            channel_id=shop.channel.pk,
            exclusive=3,
            shared_limit=2,
            valid_from=AT,
            at=AT,
        )

        answers = ingest_orders(messages=[message(shop, 2, external_id=f"X{number}") for number in range(3)], at=AT)

        quota.refresh_from_db()
        assert set(outcomes(answers)) == {Outcome.CREATED}
        assert (quota.used, quota.shared_used) == (3, 1)
        queues = Counter(FulfillmentOrder.objects.values_list("queue", flat=True))
        assert queues == {"": 2, "no_stock": 1}
        assert broken_invariants() == []

    def test_store_takes_no_more_of_them_than_it_has_room_for(self, shop):
        first = shop.locations[0]
        first.daily_order_capacity = 2
        first.save()

        ingest_orders(messages=[message(shop, 1, external_id=f"X{number}") for number in range(5)], at=AT)

        assert (stock(shop), stock(shop, location=1)) == ((10, 2, 0), (10, 3, 0))

    def test_too_many_are_refused_with_the_way_out(self, shop):
        with pytest.raises(InvalidError, match="100"):
            ingest_orders(messages=[message(shop, 1)] * 101, at=AT)
        assert ingest_orders(messages=[], at=AT) == []


UNITS = st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(any)


@pytest.mark.django_db
@settings(max_examples=trials(20, long=300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(UNITS, st.sampled_from(["ship", "pickup"]), st.booleans()), min_size=1, max_size=9))
def test_new_orders_come_out_as_if_they_had_come_one_after_another(scope, wanted):
    """On shelves that soon are empty, so that each order must see what those before it have taken."""
    together, alone = (make_shop(scope, stores=2, on_hand=8) for _shop in range(2))

    def messages(shop):
        return [
            message(
                shop, *units, external_id=f"X{number}", method=method, is_cancelled=is_cancelled,
                location_id=shop.locations[0].pk if method == "pickup" else None, payments=[paid(1)],
            )
            for number, (units, method, is_cancelled) in enumerate(wanted)
        ]  # fmt: skip

    answers = ingest_orders(messages=messages(together), at=AT)
    for one in messages(alone):
        ingest_order(draft=one.draft, version=one.version, at=AT)

    assert set(outcomes(answers)) == {Outcome.CREATED}
    assert orders_of(together) == orders_of(alone)
    assert shelves_of(together) == shelves_of(alone)
    assert broken_invariants("orders.") == broken_invariants() == []


@pytest.mark.django_db
def test_number_of_statements_does_not_grow_with_the_orders(scope, django_assert_max_num_queries):
    counts = []
    for size in (10, 40, 100):
        shop = make_shop(scope, variants=3, on_hand=1000)
        messages = [message(shop, 1, 1, 1, external_id=f"X{number}", payments=[paid(54)]) for number in range(size)]
        with django_assert_max_num_queries(40) as queries:
            ingest_orders(messages=messages, at=AT)
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts


@pytest.mark.usefixtures("committed_db")
def test_hundred_orders_take_eleven_round_trips_as_one_does(django_assert_num_queries):
    merchant = MerchantFactory()
    with tenant_transaction(merchant.pk):
        shop = make_shop(merchant, variants=3, on_hand=1000)
        place(shop, 1, 1, 1)
    with tenant_transaction(merchant.pk):
        ingest_orders(messages=[message(shop, 1, 1, 1, external_id="X")], at=AT)
    messages = [message(shop, 1, 1, 1, external_id=f"X{number}", payments=[paid(54)]) for number in range(100)]
    with tenant_transaction(merchant.pk), django_assert_num_queries(14):  # six of them savepoints
        ingest_orders(messages=messages, at=AT)


@pytest.mark.usefixtures("committed_db")
class TestAtOnce:
    def test_calls_with_the_same_messages_make_each_order_once(self):
        merchant = MerchantFactory()
        shop = make_shop(merchant, on_hand=10_000)
        dice = random.Random(11)
        names = [f"X{number}" for number in range(12)]
        shuffled = [dice.sample(names, len(names)) for _call in range(trials(8, long=200))]

        def take_in(number):
            # Not tried again: calls that only make orders never wait for each other in a circle.
            with tenant_transaction(merchant.pk):
                messages = [message(shop, 1, 2, external_id=name) for name in shuffled[number]]
                return outcomes(ingest_orders(messages=messages, at=AT))

        counts = Counter(outcome for call in at_once(take_in, len(shuffled)) for outcome in call)

        assert counts == {Outcome.CREATED: 12, Outcome.UNCHANGED: 12 * (len(shuffled) - 1)}
        with tenant_transaction(merchant.pk):
            assert (stock(shop), stock(shop, variant=1)) == ((10_000, 12, 0), (10_000, 24, 0))
        assert broken_invariants("orders.") == broken_invariants() == []

    def test_calls_with_the_same_messages_in_opposite_order_do_not_wait_for_each_other(self, monkeypatch):
        assert self._both_with_one_order_written(monkeypatch) == [{Outcome.CREATED}, {Outcome.UNCHANGED}]

    def test_control_written_in_the_order_of_the_messages_they_do(self, monkeypatch):
        monkeypatch.setattr(placing, "_name_in_channel", lambda _order: 0)

        assert self._both_with_one_order_written(monkeypatch) == [DEADLOCK_DETECTED, {Outcome.CREATED}]

    def _both_with_one_order_written(self, monkeypatch):
        """Make two orders by two calls, each of which waits for the other, if it comes, when it has written one."""
        merchant = MerchantFactory()
        shop = make_shop(merchant)
        write, gate = placing.insert_all, threading.Barrier(2)

        def write_one_first(rows):
            first, *others = rows
            write([first])
            with suppress(threading.BrokenBarrierError):
                gate.wait(1)
            write(others)

        monkeypatch.setattr(placing, "insert_all", write_one_first)

        def take_in(number):
            messages = [message(shop, 1, external_id=name) for name in ("X1", "X2")]
            try:
                with tenant_transaction(merchant.pk):
                    return set(outcomes(ingest_orders(messages=messages[:: 1 if number else -1], at=AT)))
            except OperationalError as error:
                return sqlstate(error)

        return sorted(at_once(take_in, 2), key=str)

    def test_last_units_are_promised_once_to_calls_and_single_orders(self):
        merchant = MerchantFactory()
        shop = make_shop(merchant, stores=1, variants=2, on_hand=20)

        def take_in(number):
            def call():
                with tenant_scope(merchant.pk):
                    if number % 2:
                        return [place(shop, 1, 1)]
                    names = [f"X{number}-{place}" for place in range(5)]
                    return ingest_orders(messages=[message(shop, 1, 1, external_id=name) for name in names], at=AT)

            return len(retried(call, attempts=10))

        made = sum(at_once(take_in, trials(12, long=200)))

        with tenant_transaction(merchant.pk):
            assert (stock(shop), stock(shop, variant=1)) == ((20, 20, 0), (20, 20, 0))
            waiting = FulfillmentOrder.objects.filter(queue="no_stock").count()
        assert waiting == made - 20
        assert broken_invariants("orders.") == broken_invariants() == []

    def test_histories_in_any_order_in_calls_at_once_end_with_the_highest_version(self):
        merchant = MerchantFactory()
        shop = make_shop(merchant, on_hand=10_000)
        dice = random.Random(5)
        told = [(name, version) for name in ("A", "B", "C") for version in range(1, 1 + trials(8, long=150))]
        dice.shuffle(told)
        pieces = [told[begin : begin + 6] for begin in range(0, len(told), 6)]

        def take_in(number):
            def call():
                with tenant_scope(merchant.pk):
                    messages = [
                        message(shop, version, external_id=name, version=version) for name, version in pieces[number]
                    ]
                    return ingest_orders(messages=messages, at=AT)

            return outcomes(retried(call, attempts=10))

        found = [outcome for call in at_once(take_in, len(pieces)) for outcome in call]

        assert not [one for one in found if isinstance(one, type) and issubclass(one, DomainError)]
        with tenant_transaction(merchant.pk):
            last = trials(8, long=150)
            assert list(Order.objects.values_list("external_version", flat=True)) == [last] * 3
            assert stock(shop)[1] + stock(shop, location=1)[1] == 3 * last
        assert broken_invariants("orders.") == broken_invariants() == []

    def test_order_that_somebody_makes_meanwhile_is_not_made_again(self, monkeypatch):
        """Two look, and both find nothing: the constraint decides, and the call goes on one by one."""
        merchant = MerchantFactory()
        shop = make_shop(merchant)
        messages = [message(shop, 1, external_id=name) for name in ("X1", "X2")]
        self._made_behind_its_back(monkeypatch, merchant, messages[1])

        with tenant_transaction(merchant.pk):
            answers = ingest_orders(messages=messages, at=AT)
            assert outcomes(answers) == [Outcome.CREATED, Outcome.UNCHANGED]
            assert (Order.objects.count(), stock(shop)) == (2, (10, 2, 0))

    def test_control_without_the_way_of_a_single_message_the_whole_call_is_lost(self, monkeypatch):
        merchant = MerchantFactory()
        shop = make_shop(merchant)
        messages = [message(shop, 1, external_id=name) for name in ("X1", "X2")]
        self._made_behind_its_back(monkeypatch, merchant, messages[1])
        monkeypatch.setattr(ingesting_many, "TOGETHER_FAILS", ())

        with pytest.raises(IntegrityError), tenant_transaction(merchant.pk):
            ingest_orders(messages=messages, at=AT)

    def test_where_others_work_on_an_order_for_too_long_nothing_is_taken_in(self, monkeypatch):
        merchant = MerchantFactory()
        shop = make_shop(merchant)
        with tenant_transaction(merchant.pk):
            ingest_order(draft=message(shop, 1).draft, version=1, at=AT)
        held, done = threading.Event(), threading.Event()

        def work_for_long(number):
            if number:
                held.wait()
                try:
                    with tenant_transaction(merchant.pk), connection.cursor() as cursor:
                        cursor.execute("SET LOCAL lock_timeout = '50ms'")
                        ingest_orders(messages=[message(shop, 2, external_id="N1"), message(shop, 3, version=2)], at=AT)
                except BusyError as error:
                    return error
                finally:
                    done.set()
            with tenant_transaction(merchant.pk):
                lock_order(Order.objects.get().pk)
                held.set()
                done.wait()
            return None

        _held, refusal = at_once(work_for_long, 2)

        assert isinstance(refusal, BusyError)
        with tenant_transaction(merchant.pk):
            assert (Order.objects.get().external_version, stock(shop)) == (1, (10, 1, 0))

    def _made_behind_its_back(self, monkeypatch, merchant, one):
        look = ingesting_many.known_orders

        def look_and_be_late(keys):
            found = look(keys)
            monkeypatch.setattr(ingesting_many, "known_orders", look)

            def make(_number):
                with tenant_transaction(merchant.pk):
                    place_order(draft=one.draft, at=AT, version=one.version)

            at_once(make, 1)
            return found

        monkeypatch.setattr(ingesting_many, "known_orders", look_and_be_late)
