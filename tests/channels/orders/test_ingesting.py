"""Messages of a channel: late, twice, in any order, at once; the highest version decides."""

import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.inventory.models import Allocation
from channels.orders.drafts import LineDraft
from channels.orders.models import Order, Payment
from channels.orders.services.cancelling import cancel_order
from channels.orders.services.fulfilling import accept, ship
from channels.orders.services.ingesting import Outcome, _find, ingest_order
from channels.orders.services.placing import place_order
from o2o.kit.errors import InvalidError
from o2o.kit.models import uuid7
from o2o.tenancy.scope import tenant_transaction
from tests.channels.inventory.conftest import broken_invariants
from tests.channels.inventory.test_races import at_once
from tests.channels.orders.conftest import AT, draft, make_shop, paid, stock
from tests.factories import MerchantFactory
from tests.trials import trials

CONNECTION = uuid7()


def message(shop, *quantities, external_id="X1", **fields):
    return draft(shop, *quantities, external_id=external_id, connection_id=CONNECTION, **fields)


def state_of(order):
    """Return what two orders must have in common to be the same: lines that count, money, promises."""
    order.refresh_from_db()
    lines = sorted(
        (line.external_id, line.quantity - line.cancelled, line.total, line.cancelled)
        for line in order.lines.all()
        if line.quantity
    )
    promised = sorted(
        Allocation.objects.filter(order_id=order.pk, state="active").values_list("level__variant__sku", "quantity")
    )
    merged: Counter[str] = Counter()
    for sku, units in promised:
        merged[sku] += units
    return {
        "state": order.state,
        "lines": lines,
        "money": (order.subtotal, order.discount_total, order.total, order.paid_total, order.cancelled_total),
        "payment": order.payment_state,
        "note": order.note,
        "promised": merged,
        "payments": sorted(order.payments.values_list("external_id", "amount")),
    }


@pytest.mark.django_db
class TestOneAfterAnother:
    def test_same_message_twice_changes_nothing(self, shop):
        first = ingest_order(draft=message(shop, 2), version=1, at=AT)
        before = state_of(first.order)

        second = ingest_order(draft=message(shop, 2), version=1, at=AT)

        assert (first.outcome, second.outcome) == (Outcome.CREATED, Outcome.UNCHANGED)
        assert state_of(second.order) == before
        assert Order.objects.count() == 1

    def test_older_message_is_left_aside_and_told_once(self, shop):
        made = ingest_order(draft=message(shop, 2), version=5, at=AT)

        for _time in range(2):
            assert ingest_order(draft=message(shop, 9), version=3, at=AT).outcome == Outcome.OUTDATED

        assert made.order.timeline.filter(kind="outdated").count() == 1
        assert stock(shop) == (10, 2, 0)

    def test_units_go_up_and_down_and_lines_come_and_go(self, shop):
        order = ingest_order(draft=message(shop, 2), version=1, at=AT).order
        ingest_order(draft=message(shop, 5, 1), version=2, at=AT)
        assert (stock(shop), stock(shop, variant=1)) == ((10, 5, 0), (10, 1, 0))

        ingest_order(draft=message(shop, 0, 3), version=3, at=AT)

        assert (stock(shop), stock(shop, variant=1)) == ((10, 0, 0), (10, 3, 0))
        order.refresh_from_db()
        assert order.total == 54
        assert broken_invariants("orders.") == []

    def test_cancellation_and_its_return(self, shop):
        order = ingest_order(draft=message(shop, 2), version=1, at=AT).order
        ingest_order(draft=message(shop, 2, is_cancelled=True), version=2, at=AT)
        order.refresh_from_db()
        assert (order.state, int(order.cancelled_total), stock(shop)) == ("cancelled", 36, (10, 0, 0))

        ingest_order(draft=message(shop, 2), version=3, at=AT)

        order.refresh_from_db()
        assert (order.state, int(order.cancelled_total), stock(shop)) == ("open", 0, (10, 2, 0))

    def test_another_line_comes_alive_with_an_order_that_was_cancelled(self, shop):
        ingest_order(draft=message(shop, 0, 3), version=1, at=AT)
        ingest_order(draft=message(shop, 0, 3, is_cancelled=True), version=2, at=AT)

        done = ingest_order(draft=message(shop, 4), version=3, at=AT)

        assert state_of(done.order)["lines"] == [("L0", 4, Decimal(72), 0)]
        assert (done.order.state, stock(shop), stock(shop, variant=1)) == ("open", (10, 4, 0), (10, 0, 0))

    def test_what_was_handed_over_here_stays_so(self, shop):
        order = ingest_order(draft=message(shop, 3), version=1, at=AT).order
        part = order.fulfillments.get()
        accept(fulfillment_id=part.pk, at=AT)
        ship(fulfillment_id=part.pk, at=AT)

        ingest_order(draft=message(shop, 1), version=2, at=AT)

        line = order.lines.get()
        assert (line.quantity, line.fulfilled) == (3, 3)
        assert stock(shop) == (7, 0, 0)
        assert broken_invariants("orders.") == []

    def test_what_was_cancelled_here_stays_so(self, shop):
        order = ingest_order(draft=message(shop, 3), version=1, at=AT).order
        cancel_order(order_id=order.pk, lines={order.lines.get().pk: 1}, at=AT)

        ingest_order(draft=message(shop, 3, note="ring twice"), version=2, at=AT)

        assert order.lines.get().cancelled == 1
        assert stock(shop) == (10, 2, 0)

    def test_payments_are_known_by_their_id(self, shop):
        ingest_order(draft=message(shop, 1, payments=[paid(10, external_id="P1")]), version=1, at=AT)

        ingest_order(
            draft=message(shop, 1, payments=[paid(10, external_id="P1"), paid(8, external_id="P2")]), version=2, at=AT
        )

        assert Payment.objects.count() == 2
        assert Order.objects.get().payment_state == "paid"

    def test_order_without_an_id_is_refused(self, shop):
        with pytest.raises(InvalidError):
            ingest_order(draft=message(shop, 1, external_id=""), version=1, at=AT)


HISTORY = st.lists(
    st.tuples(
        st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(any),
        st.integers(0, 2),
        st.booleans(),
        st.integers(0, 2),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=trials(25, long=400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HISTORY, st.randoms(use_true_random=False))
def test_any_order_of_messages_ends_in_the_same_state(scope, history, dice):
    shop = make_shop(scope, stores=1, on_hand=100)
    messages = []
    for version, (units, cancelled, is_cancelled, payments) in enumerate(history, start=1):
        made = message(
            shop, *units, is_cancelled=is_cancelled and version > 1, note=f"version {version}",
            payments=[paid(1, external_id=f"P{number}") for number in range(payments)],
        )  # fmt: skip
        lines = [replace(line, cancelled=min(cancelled, line.quantity)) for line in made.lines]
        messages.append((version, replace(made, lines=lines)))
    # A payment stays when a later message leaves it out, so the last one must know all of them.
    known = [paid(1, external_id=f"P{number}") for number in range(max(entry[3] for entry in history))]
    messages[-1] = (messages[-1][0], replace(messages[-1][1], payments=known))

    def told(sequence, name):
        for version, one in sequence:
            ingest_order(draft=replace(one, external_id=name), version=version, at=AT)
        return state_of(Order.objects.get(external_id=name, channel=shop.channel))

    in_order = told(messages, "in order")
    shuffled = [*messages, *dice.sample(messages, dice.randint(0, len(messages)))]
    dice.shuffle(shuffled)

    assert told(shuffled, "shuffled") == in_order
    assert broken_invariants("orders.") == broken_invariants() == []


@pytest.mark.usefixtures("committed_db")
class TestAtOnce:
    def test_workers_with_the_same_message_make_one_order(self):
        merchant = MerchantFactory()
        shop = make_shop(merchant, on_hand=100)

        def take_in(number):
            with tenant_transaction(merchant.pk):
                return ingest_order(draft=message(shop, 1, external_id=f"X{number // 4}"), version=1, at=AT).outcome

        outcomes = Counter(at_once(take_in, 4 * trials(4, long=200)))

        assert outcomes == {Outcome.CREATED: trials(4, long=200), Outcome.UNCHANGED: 3 * trials(4, long=200)}

    def test_control_looking_first_makes_two(self):
        """Without the id, which the constraint is about, two workers who both look first both make the order."""
        merchant = MerchantFactory()
        shop = make_shop(merchant, on_hand=100)

        def take_in(_number):
            with tenant_transaction(merchant.pk):
                one = message(shop, 1)
                assert _find(one) is None
                return place_order(draft=replace(one, external_id=""), at=AT).pk

        assert len(set(at_once(take_in, 2))) == 2

    def test_versions_in_any_order_at_once_end_with_the_highest(self):
        merchant = MerchantFactory()
        shop = make_shop(merchant, on_hand=100)
        with tenant_transaction(merchant.pk):
            ingest_order(draft=message(shop, 1), version=0, at=AT)

        def take_in(number):
            with tenant_transaction(merchant.pk):
                ingest_order(draft=message(shop, 1 + number % 5, note=str(number)), version=number + 1, at=AT)

        count = trials(12, long=400)
        numbers = random.Random(7).sample(range(count), count)
        at_once(lambda place: take_in(numbers[place]), count)

        with tenant_transaction(merchant.pk):
            order = Order.objects.get()
            assert (order.note, order.external_version) == (str(count - 1), count)
            assert order.total == Decimal(18) * (1 + (count - 1) % 5)
        assert broken_invariants("orders.") == broken_invariants() == []


def test_line_is_known_by_its_id_in_the_channel():
    assert LineDraft(1, Decimal(1), sku="A", external_id="7").key == "7"
    assert LineDraft(1, Decimal(1), sku="A").key == "A"
