"""What a store does with a fulfilment: every step in every state, codes, stock effects."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from channels.inventory.models import CycleCount, StockMovement
from channels.orders.enums import FulfillmentState, RejectionReason, StockEffect
from channels.orders.models import FulfillmentLine, FulfillmentOrder, OrderLine, PickupCode, TimelineEntry
from channels.orders.models.pickup import MOST_WRONG_TRIES
from channels.orders.services import fulfilling
from channels.orders.services.pickup_codes import SYMBOLS, check_symbol, issue_pickup_code
from channels.orders.services.pickup_deadlines import extend_pickup
from channels.orders.services.routing import route_order
from channels.orders.services.transitions import RULES, FulfillmentStateError, Step, possible_steps
from channels.stores.enums import FulfillmentMethod
from o2o.events.models import OutboxEvent
from o2o.kit.errors import InvalidError, NotFoundError
from o2o.tenancy.models import Merchant
from tests.channels.orders.shop import AT, Shop, fulfillments, make_order, make_shop, units_of

pytestmark = pytest.mark.django_db

Do = Callable[[uuid.UUID], Any]
STEPS: dict[Step, Do] = {
    Step.ACCEPT: lambda pk: fulfilling.accept(fulfillment_id=pk, at=AT),
    Step.REJECT: lambda pk: fulfilling.reject(fulfillment_id=pk, reason=RejectionReason.TOO_BUSY, at=AT),
    Step.MARK_READY: lambda pk: fulfilling.mark_ready(fulfillment_id=pk, at=AT),
    Step.HAND_OVER: lambda pk: fulfilling.hand_over(fulfillment_id=pk, override_reason="known to us", at=AT),
    Step.SHIP: lambda pk: fulfilling.ship(fulfillment_id=pk, carrier="SF", tracking_number="SF1", at=AT),
    Step.DELIVER: lambda pk: fulfilling.deliver(fulfillment_id=pk, at=AT),
    Step.CLOSE: lambda pk: fulfilling.close(fulfillment_id=pk, at=AT),
    Step.EXTEND_PICKUP: lambda pk: extend_pickup(fulfillment_id=pk, at=AT),
}


def a_fulfillment(shop: Shop, method: str, state: str = "open", units: int = 2) -> FulfillmentOrder:
    """Route an order and put its fulfilment into a state, as if the steps before had been taken."""
    order = make_order(shop, (units,), method=method, location=shop.stores[0])
    route_order(order_id=order.pk, at=AT, cause="placed")
    (row,) = fulfillments(shop, order)
    if state != "open":
        deadline = AT + timedelta(days=3) if (state, method) == ("ready", "pickup") else None
        FulfillmentOrder.objects.filter(pk=row.pk).update(state=state, pickup_by=deadline)
        row.refresh_from_db()
    return row


def everything(row: FulfillmentOrder) -> tuple[Any, ...]:
    """Return all that a refused step must leave alone."""
    return (
        list(FulfillmentOrder.objects.filter(order=row.order_id).order_by("pk").values()),
        list(FulfillmentLine.objects.order_by("pk").values("pk", "quantity")),
        list(OrderLine.objects.order_by("pk").values("pk", "fulfilled", "cancelled")),
        StockMovement.objects.count(),
        TimelineEntry.objects.count(),
        OutboxEvent.objects.count(),
    )


@pytest.mark.parametrize("method", FulfillmentMethod.values)
@pytest.mark.parametrize("state", FulfillmentState.values)
def test_each_step_in_each_state(scope: Merchant, method: str, state: str) -> None:
    shop = make_shop(scope, stock=((90,), (90,)))
    wrong = []
    for step, do in STEPS.items():
        row = a_fulfillment(shop, method, state)
        before, rule = everything(row), RULES[step]
        is_possible = state in rule.states and method in rule.methods
        try:
            do(row.pk)
        except FulfillmentStateError as error:
            text = str(error.detail)
            has_failed = is_possible or everything(row) != before or str(row.get_state_display()) not in text
        else:
            row.refresh_from_db()
            has_failed = not is_possible or row.state != (rule.to or state)
        if has_failed or (step in possible_steps(a_fulfillment(shop, method, state))) != is_possible:
            wrong.append(step)
    assert wrong == []


def test_a_refusal_says_what_is_possible(scope: Merchant) -> None:
    row = a_fulfillment(make_shop(scope), "ship", "accepted")
    with pytest.raises(FulfillmentStateError) as caught:
        fulfilling.accept(fulfillment_id=row.pk, at=AT)
    assert caught.value.params == {"state": "accepted", "possible": ["reject", "ready", "ship"], "step": "accept"}
    assert "possible now: reject, mark as ready, ship" in str(caught.value.detail)


def test_nothing_can_be_done_with_what_waits_for_a_location(scope: Merchant) -> None:
    shop = make_shop(scope, stock=((0,),))
    order = make_order(shop)
    route_order(order_id=order.pk, at=AT, cause="placed")
    (row,) = fulfillments(shop, order)
    for do in STEPS.values():
        with pytest.raises(FulfillmentStateError):
            do(row.pk)


def test_one_that_is_not_there_is_not_found(scope: Merchant) -> None:
    for do in STEPS.values():
        with pytest.raises(NotFoundError):
            do(uuid.uuid4())


def test_the_whole_way_of_a_parcel(scope: Merchant) -> None:
    shop = make_shop(scope)
    row = a_fulfillment(shop, "ship")
    for step in (Step.ACCEPT, Step.MARK_READY, Step.SHIP, Step.DELIVER):
        STEPS[step](row.pk)
    row.refresh_from_db()
    level, line = shop.level(), OrderLine.objects.get(order=row.order_id)
    assert (row.state, row.carrier, row.tracking_number) == ("closed", "SF", "SF1")
    assert (level.on_hand, level.allocated) == (8, 0)
    assert (line.fulfilled, line.remaining) == (2, 0)
    told = list(OutboxEvent.objects.order_by("position").values_list("event_type", flat=True))
    steps = [name for name in told if name.startswith("fulfillment.")]
    assert steps == [f"fulfillment.{step}" for step in ("routed", "accepted", "ready", "shipped", "closed")]


def test_a_parcel_names_its_carrier(scope: Merchant) -> None:
    row = a_fulfillment(make_shop(scope), "ship", "ready")
    before = everything(row)
    with pytest.raises(InvalidError):
        fulfilling.ship(fulfillment_id=row.pk, at=AT)
    assert everything(row) == before


# --- rejection


def test_a_rejected_order_goes_to_the_next_store_and_never_back(scope: Merchant) -> None:
    shop = make_shop(scope)
    row = a_fulfillment(shop, "ship")
    rejected = fulfilling.reject(fulfillment_id=row.pk, reason=RejectionReason.TOO_BUSY, at=AT)
    first, second = fulfillments(shop, row.order)
    assert rejected.fulfillment == first
    assert (first.state, first.rejection_reason, first.accept_by) == ("rejected", "too_busy", None)
    assert (second.location_id, second.attempt) == (shop.stores[1].pk, 2)
    assert (shop.level(store=0).allocated, shop.level(store=1).allocated) == (0, 2)
    fulfilling.reject(fulfillment_id=second.pk, reason=RejectionReason.CLOSED, at=AT)
    *_rejected, waiting = fulfillments(shop, row.order)
    assert (waiting.location_id, waiting.queue) == (None, "all_excluded")
    assert shop.level(store=0).on_hand == 10


def test_some_units_are_rejected_and_the_rest_stays(scope: Merchant) -> None:
    shop = make_shop(scope)
    row = a_fulfillment(shop, "ship", "accepted", units=5)
    line = row.order.lines.get()
    fulfilling.reject(fulfillment_id=row.pk, reason=RejectionReason.DAMAGED, lines={line.pk: 2}, at=AT)
    found = {(one.state, one.location_id): units_of(shop, one) for one in fulfillments(shop, row.order)}
    first, second = (store.pk for store in shop.stores)
    assert found == {("accepted", first): 3, ("rejected", first): 2, ("open", second): 2}
    assert (shop.level(store=0).allocated, shop.level(store=1).allocated) == (3, 2)


@pytest.mark.parametrize("units", [0, 3, -1])
def test_more_than_there_is_cannot_be_rejected(scope: Merchant, units: int) -> None:
    shop = make_shop(scope)
    row = a_fulfillment(shop, "ship")
    before = everything(row)
    for lines in ({row.order.lines.get().pk: units}, {uuid.uuid4(): 1}, {}):
        with pytest.raises(InvalidError):
            fulfilling.reject(fulfillment_id=row.pk, reason=RejectionReason.OTHER, lines=lines, at=AT)
    assert everything(row) == before


@pytest.mark.parametrize(
    ("effect", "reason", "on_hand", "movement"),
    [
        (StockEffect.NONE, RejectionReason.NOT_FOUND, 10, None),
        (StockEffect.THIS_UNIT, RejectionReason.NOT_FOUND, 8, "loss"),
        (StockEffect.THIS_UNIT, RejectionReason.DAMAGED, 8, "damage"),
        (StockEffect.WHOLE_VARIANT, RejectionReason.SOLD_OUT, 3, "loss"),
    ],
)
def test_a_rejection_puts_the_stock_right(
    scope: Merchant, effect: StockEffect, reason: RejectionReason, on_hand: int, movement: str | None
) -> None:
    shop = make_shop(scope)
    other = a_fulfillment(shop, "ship", units=3)
    row = a_fulfillment(shop, "ship")
    fulfilling.reject(fulfillment_id=row.pk, reason=reason, stock_effect=effect, at=AT)
    level = shop.level()
    assert (level.on_hand, level.allocated) == (on_hand, units_of(shop, other))
    found = StockMovement.objects.filter(kind="adjusted").values_list("reason", flat=True)
    assert list(found) == ([movement] if movement else [])
    assert CycleCount.objects.count() == (effect is StockEffect.WHOLE_VARIANT)


# --- pickup codes


def test_a_pickup_is_handed_over_against_its_code_once(scope: Merchant) -> None:
    shop = make_shop(scope)
    row = a_fulfillment(shop, "pickup", "ready")
    issued = issue_pickup_code(fulfillment_id=row.pk, at=AT)
    typed = issued.code.lower().replace("0", "O").replace("1", "l")
    outcome = fulfilling.hand_over(fulfillment_id=row.pk, code=f" {typed} ", at=AT)
    assert outcome.refusal is None
    assert outcome.fulfillment.state == FulfillmentState.HANDED_OVER
    assert PickupCode.objects.get().used_at == AT
    assert shop.level().on_hand == 8
    with pytest.raises(FulfillmentStateError):
        fulfilling.hand_over(fulfillment_id=row.pk, code=issued.code, at=AT)


def test_the_token_does_the_same_and_only_the_newest_counts(scope: Merchant) -> None:
    shop = make_shop(scope)
    row, other = a_fulfillment(shop, "pickup", "ready"), a_fulfillment(shop, "pickup", "ready")
    old = issue_pickup_code(fulfillment_id=row.pk, at=AT)
    new = issue_pickup_code(fulfillment_id=row.pk, at=AT)
    strange = issue_pickup_code(fulfillment_id=other.pk, at=AT)
    for token in (old.token, strange.token, new.token[:-1] + ("A" if new.token[-1] != "A" else "B"), "a.b:c", ":"):
        assert fulfilling.hand_over(fulfillment_id=row.pk, code=token, at=AT).refusal
    PickupCode.objects.update(wrong_tries=0)
    assert fulfilling.hand_over(fulfillment_id=row.pk, code=new.token, at=AT).refusal is None


def test_wrong_codes_are_counted_and_the_refusal_tells_nothing(scope: Merchant) -> None:
    row = a_fulfillment(make_shop(scope), "pickup", "ready")
    issued = issue_pickup_code(fulfillment_id=row.pk, at=AT)
    wrong = "ZZZZZZ" if not issued.code.startswith("ZZZ") else "YYYYYY"
    wrong += check_symbol(wrong)
    texts = set()
    for _try in range(MOST_WRONG_TRIES + 2):
        outcome = fulfilling.hand_over(fulfillment_id=row.pk, code=wrong, at=AT)
        assert outcome.fulfillment.state == FulfillmentState.READY
        texts.add((str(outcome.refusal), outcome.refusal and tuple(outcome.refusal.params)))
    right = fulfilling.hand_over(fulfillment_id=row.pk, code=issued.code, at=AT)
    texts.add((str(right.refusal), right.refusal and tuple(right.refusal.params)))
    assert len(texts) == 1
    assert PickupCode.objects.get().wrong_tries == MOST_WRONG_TRIES
    again = issue_pickup_code(fulfillment_id=row.pk, at=AT)
    assert fulfilling.hand_over(fulfillment_id=row.pk, code=again.code, at=AT).refusal
    by_manager = fulfilling.hand_over(fulfillment_id=row.pk, override_reason="shows the order", at=AT)
    assert by_manager.fulfillment.state == FulfillmentState.HANDED_OVER
    assert TimelineEntry.objects.get(kind="handed_over").details["reason"] == "shows the order"


@pytest.mark.parametrize("code", ["", "ABC", "ABCDEFGH", "ÄBCDEFG"])
def test_a_mistyped_code_is_not_counted(scope: Merchant, code: str) -> None:
    row = a_fulfillment(make_shop(scope), "pickup", "ready")
    issue_pickup_code(fulfillment_id=row.pk, at=AT)
    with pytest.raises(InvalidError):
        fulfilling.hand_over(fulfillment_id=row.pk, code=code, at=AT)
    assert PickupCode.objects.get().wrong_tries == 0


def test_the_check_symbol_finds_every_single_slip_and_swap() -> None:
    code = "7K4Q2M"
    check = check_symbol(code)
    slips = [code[:i] + symbol + code[i + 1 :] for i in range(6) for symbol in SYMBOLS if symbol != code[i]]
    swaps = [code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(5)]
    assert [other for other in slips + swaps if check_symbol(other) == check] == []


def test_only_a_digest_is_kept_and_it_outlives_a_new_key(scope: Merchant) -> None:
    row = a_fulfillment(make_shop(scope), "pickup", "ready")
    with override_settings(SECRET_KEY="old-key", SECRET_KEY_FALLBACKS=[]):
        issued = issue_pickup_code(fulfillment_id=row.pk, at=AT)
    kept = PickupCode.objects.values().get()
    assert issued.code.replace("-", "") not in str(kept)
    with override_settings(SECRET_KEY="new-key", SECRET_KEY_FALLBACKS=["old-key"]):
        assert fulfilling.hand_over(fulfillment_id=row.pk, code=issued.code, at=AT).refusal is None


def test_a_code_is_made_for_pickups_that_are_ready(scope: Merchant) -> None:
    shop = make_shop(scope)
    for row in (a_fulfillment(shop, "pickup", "accepted"), a_fulfillment(shop, "in_store", "ready")):
        with pytest.raises(FulfillmentStateError):
            issue_pickup_code(fulfillment_id=row.pk, at=AT)
