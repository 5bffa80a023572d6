"""The way of an order through a store: transitions, clocks, codes, cancellation and returns."""

from datetime import time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from channels.inventory.models import CycleCount
from channels.orders.drafts import AdjustmentDraft, LineDraft
from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentOrder, Return
from channels.orders.services import clocks, fulfilling, returning
from channels.orders.services.cancelling import NothingToCancelError, cancel_order
from channels.orders.services.fulfilling import FulfillmentStateError
from channels.orders.services.payments import RefundTooLargeError, record_payment
from channels.orders.services.pickup import MOST_TRIES, TooManyTriesError, WrongCodeError, token_of
from channels.orders.services.placing import place_order
from channels.orders.services.returning import NothingToReturnError, ReceivedLine, ReturnStateError
from channels.orders.services.rules import reorder_rules, save_rule, set_acceptance
from channels.stores.models import OpeningPeriod
from o2o.events.models import OutboxEvent
from o2o.kit.errors import InvalidError
from tests.channels.inventory.conftest import broken_invariants
from tests.channels.orders.conftest import AT, draft, make_shop, paid, parts, place, stock

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def part_of(order, state=None):
    rows = order.fulfillments.exclude(state__in=("rejected", "cancelled"))
    return (rows.filter(state=state) if state else rows).order_by("-pk").first()


def ready_pickup(shop, units=1):
    order = place(shop, units, method="pickup", location_id=shop.locations[0].pk, payments=[paid(18 * units)])
    part = part_of(order)
    fulfilling.accept(fulfillment_id=part.pk, at=AT)
    return order, fulfilling.mark_ready(fulfillment_id=part.pk, at=AT)


def done(shop, *units, **fields):
    order = place(shop, *units, payments=[paid(18 * sum(units))], **fields)
    part = part_of(order)
    fulfilling.accept(fulfillment_id=part.pk, at=AT)
    fulfilling.ship(fulfillment_id=part.pk, at=AT, carrier="SF", tracking_number="1")
    order.refresh_from_db()
    return order


@pytest.mark.django_db
class TestTransitions:
    def test_parcel_goes_through_the_store_and_completes_its_order(self, shop):
        order = done(shop, 2, 1)

        assert (order.state, stock(shop)) == ("completed", (8, 0, 0))
        assert OutboxEvent.objects.filter(event_type="order.completed").count() == 1
        fulfilling.close(fulfillment_id=part_of(order).pk, at=AT)
        assert broken_invariants("orders.") == []

    @pytest.mark.parametrize("state", FulfillmentState)
    @pytest.mark.parametrize(
        ("act", "allowed"),
        [
            (lambda pk: fulfilling.accept(fulfillment_id=pk, at=AT), {"open"}),
            (lambda pk: fulfilling.mark_ready(fulfillment_id=pk, at=AT), {"accepted"}),
            (lambda pk: fulfilling.ship(fulfillment_id=pk, at=AT), {"accepted", "ready"}),
            (lambda pk: fulfilling.close(fulfillment_id=pk, at=AT), {"shipped", "handed_over"}),
            (lambda pk: fulfilling.reject(fulfillment_id=pk, reason="other", at=AT), {"open", "accepted", "ready"}),
        ],
        ids=["accept", "ready", "ship", "close", "reject"],
    )
    def test_each_act_is_for_some_states_and_leaves_the_others(self, shop, state, act, allowed):
        part = part_of(place(shop, 1))
        FulfillmentOrder.objects.filter(pk=part.pk).update(state=state)

        if state in allowed:
            act(part.pk)
            return
        with pytest.raises(FulfillmentStateError):
            act(part.pk)

        part.refresh_from_db()
        assert part.state == state
        assert stock(shop) == (10, 1, 0)

    @pytest.mark.parametrize(
        ("effect", "left", "counts"), [("none", 10, 0), ("this_unit", 8, 0), ("whole_variant", 0, 1)]
    )
    def test_rejected_order_goes_to_another_store_and_the_stock_follows(self, shop, effect, left, counts):
        order = place(shop, 2)

        fulfilling.reject(fulfillment_id=part_of(order).pk, reason="not_found", stock_effect=effect, at=AT)

        assert parts(order) == [(shop.locations[0].pk, "rejected", ""), (shop.locations[1].pk, "open", "")]
        assert (stock(shop), stock(shop, 1)) == ((left, 0, 0), (10, 2, 0))
        assert CycleCount.objects.count() == counts
        assert broken_invariants("orders.") == broken_invariants() == []

    def test_order_that_every_store_has_rejected_waits(self, shop):
        order = place(shop, 1)
        for _store in shop.locations:
            fulfilling.reject(fulfillment_id=part_of(order).pk, reason="too_busy", at=AT)

        assert parts(order)[-1] == (None, "open", "all_excluded")

    def test_rules_are_asked_in_their_order(self, shop):
        second = save_rule(name="second", definition={"only": {"locations": [str(shop.locations[1].pk)]}}, at=AT)
        first = save_rule(name="first", definition={"prefer": ["priority"]}, position=1, at=AT)
        assert parts(place(shop, 1))[0][0] == shop.locations[0].pk

        reorder_rules(rule_ids=[second.pk, first.pk], at=AT)

        assert parts(place(shop, 1))[0][0] == shop.locations[1].pk
        with pytest.raises(InvalidError, match=r"when\.weekdays"):
            save_rule(name="third", definition={"when": {"weekdays": [9]}}, at=AT)


@pytest.mark.django_db
class TestClocks:
    def test_store_is_reminded_then_the_backup_asked_then_it_is_routed_anew(self, scope):
        shop = make_shop(scope, stores=3)
        set_acceptance(
            channel_id=shop.channel.pk, accept_minutes=15, remind_minutes=5, escalate_minutes=10,
            backup_location_id=shop.locations[2].pk, at=AT,
        )  # fmt: skip
        order = place(shop, 1)

        steps = [clocks.tick(at=AT + number * MINUTE) for number in (1, 5, 5, 10, 15, 15)]

        assert steps == [0, 1, 0, 1, 1, 0]
        assert [entry.kind for entry in order.timeline.order_by("pk")] == [
            "placed", "routed", "reminded", "escalated", "rejected", "routed",
        ]  # fmt: skip
        assert parts(order) == [(shop.locations[2].pk, "rejected", ""), (shop.locations[0].pk, "open", "")]
        assert (stock(shop), stock(shop, 2)) == ((10, 1, 0), (10, 0, 0))

    def test_round_that_comes_late_does_all_that_is_due(self, shop):
        set_acceptance(channel_id=shop.channel.pk, accept_minutes=15, remind_minutes=5, at=AT)
        order = place(shop, 1)

        assert clocks.tick(at=AT + DAY) == 2

        assert parts(order)[-1][0] == shop.locations[1].pk

    def test_backup_without_the_goods_changes_nothing(self, shop):
        set_acceptance(
            channel_id=shop.channel.pk, accept_minutes=15, escalate_minutes=5, at=AT,
            backup_location_id=shop.locations[1].pk,
        )  # fmt: skip
        order = place(shop, 1)
        fulfilling.adjust_stock(changes=[(shop.variants[0].pk, shop.locations[1].pk, -10)], reason="loss", at=AT)

        assert clocks.tick(at=AT + 5 * MINUTE) == 0

        assert parts(order) == [(shop.locations[0].pk, "open", "")]
        assert stock(shop) == (10, 1, 0)

    def test_clock_stands_still_while_the_store_is_closed(self, shop):
        store = shop.locations[0]
        for weekday in range(7):
            OpeningPeriod.objects.create(
                merchant=shop.merchant, location=store, weekday=weekday, opens_at=time(8), closes_at=time(12, 10)
            )
        set_acceptance(channel_id=shop.channel.pk, accept_minutes=15, remind_minutes=5, at=AT)

        part = part_of(place(shop, 1))

        assert AT.astimezone(ZoneInfo(store.time_zone)).time() == time(12)
        assert part.remind_at == AT + 5 * MINUTE
        # Ten minutes are left today; the other five begin tomorrow at eight.
        assert part.accept_by == AT + timedelta(hours=20, minutes=5)

    def test_accepted_in_time_stops_the_clock(self, shop):
        set_acceptance(channel_id=shop.channel.pk, accept_minutes=15, remind_minutes=5, at=AT)
        order = place(shop, 1)
        fulfilling.accept(fulfillment_id=part_of(order).pk, at=AT)

        assert clocks.tick(at=AT + DAY) == 0

    def test_store_that_accepts_by_itself(self, shop):
        set_acceptance(channel_id=shop.channel.pk, accept_minutes=15, accepts_automatically=True, at=AT)

        assert parts(place(shop, 1))[0][1] == "accepted"

    def test_pickup_is_reminded_extended_once_and_then_goes_back(self, shop):
        order, ready = ready_pickup(shop, 2)
        part = ready.fulfillment
        assert clocks.tick(at=AT + 2 * DAY) == 1
        fulfilling.extend_pickup(fulfillment_id=part.pk, at=AT + 2 * DAY)
        with pytest.raises(InvalidError):
            fulfilling.extend_pickup(fulfillment_id=part.pk, at=AT + 2 * DAY)
        assert clocks.tick(at=AT + 4 * DAY) == 0

        assert clocks.tick(at=AT + 5 * DAY) == 1

        order.refresh_from_db()
        assert (order.state, order.cancelled_total, stock(shop)) == ("cancelled", 36, (10, 0, 0))
        kinds = [entry.kind for entry in order.timeline.order_by("pk")]
        assert kinds[-4:] == ["pickup_reminded", "pickup_extended", "cancelled", "pickup_released"]


@pytest.mark.django_db
class TestPickupCodes:
    def test_code_counts_once(self, shop):
        order, ready = ready_pickup(shop)
        assert ready.code.code not in repr(ready)

        assert fulfilling.hand_over(fulfillment_id=ready.fulfillment.pk, code=ready.code.code.lower(), at=AT) is None

        order.refresh_from_db()
        assert (order.state, stock(shop)) == ("completed", (9, 0, 0))
        with pytest.raises(FulfillmentStateError):
            fulfilling.hand_over(fulfillment_id=ready.fulfillment.pk, code=ready.code.code, at=AT)

    def test_token_of_the_qr_code_works_and_a_forged_one_does_not(self, shop):
        _order, ready = ready_pickup(shop)
        _other, another = ready_pickup(shop)
        forged = ready.code.token[:-1] + ("0" if ready.code.token[-1] != "0" else "1")
        foreign = token_of(another.fulfillment.pk, ready.code.code.replace("-", ""))

        for token in (forged, foreign, another.code.token):
            refusal = fulfilling.hand_over(fulfillment_id=ready.fulfillment.pk, code=token, at=AT)
            assert isinstance(refusal, WrongCodeError)

        assert fulfilling.hand_over(fulfillment_id=ready.fulfillment.pk, code=ready.code.token, at=AT) is None

    def test_after_five_wrong_codes_only_a_manager_helps(self, shop):
        order, ready = ready_pickup(shop)
        for _time in range(MOST_TRIES):
            assert fulfilling.hand_over(fulfillment_id=ready.fulfillment.pk, code="0000-0000-0000", at=AT)

        with pytest.raises(TooManyTriesError):
            fulfilling.hand_over(fulfillment_id=ready.fulfillment.pk, code=ready.code.code, at=AT)
        assert stock(shop) == (10, 1, 0)
        fulfilling.hand_over(fulfillment_id=ready.fulfillment.pk, override_reason="passport seen", at=AT)

        order.refresh_from_db()
        assert order.state == "completed"
        assert order.timeline.filter(kind="note", details__text="passport seen").exists()


@pytest.mark.django_db
class TestMoney:
    def test_units_are_cancelled_and_the_rest_goes_on(self, shop):
        order = place(shop, 3, 1, payments=[paid(72)])
        first = order.lines.get(position=1)

        cancel_order(order_id=order.pk, lines={first.pk: 2}, reason="changed their mind", at=AT)

        order.refresh_from_db()
        assert (order.state, order.cancelled_total, stock(shop)) == ("open", 36, (10, 1, 0))
        with pytest.raises(NothingToCancelError):
            cancel_order(order_id=order.pk, lines={first.pk: 2}, at=AT)
        cancel_order(order_id=order.pk, at=AT)
        order.refresh_from_db()
        assert (order.state, order.cancelled_total) == ("cancelled", 72)
        assert part_of(order) is None
        assert broken_invariants("orders.") == []

    def test_last_cancelled_unit_takes_shipping_with_it(self, shop):
        order = place(shop, 1, shipping_total=Decimal(8))

        cancel_order(order_id=order.pk, at=AT)

        order.refresh_from_db()
        assert order.cancelled_total == order.total == 26

    def test_waiting_units_are_cancelled_first(self, shop):
        order = place(shop, 11)
        assert parts(order) == [(None, "open", "no_stock")]

        cancel_order(order_id=order.pk, lines={order.lines.get().pk: 4}, at=AT)

        assert order.fulfillments.get().lines.get().quantity == 7
        assert broken_invariants("orders.") == []

    def test_refund_is_exact_to_discounts_and_points_whatever_comes_back_first(self, shop):
        line = LineDraft(
            3, Decimal(18), sku=shop.variants[0].sku,
            adjustments=[
                AdjustmentDraft("promotion", Decimal("3.99")), AdjustmentDraft("points", Decimal(1), points=100)
            ],
        )  # fmt: skip
        order = place_order(draft=draft(shop, lines=[line], payments=[paid("49.01")]), at=AT)
        part = part_of(order)
        fulfilling.accept(fulfillment_id=part.pk, at=AT)
        fulfilling.ship(fulfillment_id=part.pk, at=AT)
        line_id = order.lines.get().pk

        refunds = []
        for _unit in range(3):
            row = returning.request_return(order_id=order.pk, lines={line_id: 1}, at=AT)
            returning.approve_return(return_id=row.pk, at=AT)
            back = row.lines.get()
            returning.receive_return(
                return_id=row.pk, location_id=shop.locations[1].pk, at=AT,
                lines=[ReceivedLine(back.pk, 1, "restock")],
            )  # fmt: skip
            returning.refund_return(return_id=row.pk, at=AT)
            refunds.append((row.lines.get().refund, row.lines.get().points))

        assert sum(refund for refund, _points in refunds) == Decimal("49.01")
        assert sum(points for _refund, points in refunds) == 100
        order.refresh_from_db()
        assert (order.payment_state, order.refunded_total) == ("refunded", Decimal("49.01"))
        assert stock(shop, 1) == (13, 0, 0)
        assert broken_invariants("orders.") == broken_invariants() == []

    @pytest.mark.parametrize(("disposition", "on_hand"), [("restock", 11), ("damaged", 10), ("write_off", 10)])
    def test_disposition_says_what_goes_back_on_the_shelf(self, shop, disposition, on_hand):
        row = self._approved(done(shop, 2), 2)

        returning.receive_return(
            return_id=row.pk, location_id=shop.locations[1].pk, at=AT,
            lines=[ReceivedLine(row.lines.get().pk, 1, disposition)],
        )  # fmt: skip

        row.refresh_from_db()
        assert row.refund_total == 18
        assert stock(shop, 1) == (on_hand, 0, 0)

    def test_steps_of_a_return_come_in_order(self, shop):
        row = self._approved(done(shop, 1), 1)

        for act in (returning.approve_return, returning.refund_return):
            with pytest.raises(ReturnStateError):
                act(return_id=row.pk, at=AT)

        returning.refuse_return(return_id=row.pk, at=AT)
        assert self._approved(row.order, 1).pk != row.pk

    def test_more_than_was_handed_over_does_not_come_back(self, shop):
        order = done(shop, 2)
        self._approved(order, 1)

        with pytest.raises(NothingToReturnError):
            self._approved(order, 2)

        assert Return.objects.count() == 1

    def test_more_than_was_paid_does_not_go_back(self, shop):
        order = place(shop, 1, payments=[paid(10)])

        with pytest.raises(RefundTooLargeError):
            record_payment(order_id=order.pk, kind="refund", amount=Decimal(11), method="cash", at=AT)

        order.refresh_from_db()
        assert order.refunded_total == 0

    def test_payment_with_an_id_counts_once(self, shop):
        order = place(shop, 1)
        for _time in range(2):
            record_payment(order_id=order.pk, amount=Decimal(18), method="alipay", external_id="A1", at=AT)

        order.refresh_from_db()
        assert (order.paid_total, order.payment_state) == (18, "paid")

    def _approved(self, order, units):
        row = returning.request_return(order_id=order.pk, lines={order.lines.get().pk: units}, at=AT)
        return returning.approve_return(return_id=row.pk, at=AT)
