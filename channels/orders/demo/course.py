"""The course that an order takes after it was made: through its store, to the customer, sometimes not."""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import QuerySet

from channels.orders.demo.diary import Diary
from channels.orders.demo.trade import Trade
from channels.orders.enums import FulfillmentState, PaymentKind, RejectionReason, StockEffect
from channels.orders.models import FulfillmentLine, FulfillmentOrder, Order, OrderLine
from channels.orders.services.cancelling import cancel_order
from channels.orders.services.clocks import tick
from channels.orders.services.fulfilling import accept, close, hand_over, mark_ready, reject, ship
from channels.orders.services.payments import record_payment
from channels.stores.enums import FulfillmentMethod

S = FulfillmentState
MINUTE = timedelta(minutes=1)
REJECTIONS: Sequence[tuple[RejectionReason, StockEffect, int]] = (
    (RejectionReason.TOO_BUSY, StockEffect.NONE, 5),
    (RejectionReason.DAMAGED, StockEffect.THIS_UNIT, 3),
    (RejectionReason.NOT_FOUND, StockEffect.WHOLE_VARIANT, 1),
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a chain takes, in minutes from and to."""

    accept: tuple[int, int]
    prepare: tuple[int, int]
    fetch: tuple[int, int]
    arrive: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Words:
    """What people write, in the language of the chain."""

    clerk: str
    changed_mind: str
    without_code: str
    nobody_has_it: str
    customer: str


class Course:
    """Lets orders take their course, in a diary. ``clerks`` are the people of single stores, by the store's code."""

    def __init__(
        self,
        trade: Trade,
        diary: Diary,
        *,
        paces: Mapping[FulfillmentMethod, Pace],
        carriers: Mapping[FulfillmentMethod, Sequence[str]],
        clerks: Mapping[str, str],
        words: Words,
    ) -> None:
        self.trade, self.diary = trade, diary
        self.paces, self.carriers = paces, carriers
        self.clerks, self.words = clerks, words
        self.codes: dict[uuid.UUID, str] = {}
        # The parts that something is noted for.
        self._expected: set[uuid.UUID] = set()
        self._by_id = {location.pk: location for location in trade.places.values()}

    def follow(self, order: Order, at: datetime) -> None:
        """Note what happens to the parts of a new order, and sometimes that a customer changes their mind."""
        if self.trade.luck.random() < 0.03:
            self.diary.note(at + 2 * MINUTE, partial(self._cancel_some, order.pk))
        self._look_after(FulfillmentOrder.objects.filter(order=order), at)

    def _look_after(self, parts: QuerySet[FulfillmentOrder], at: datetime, *, is_calm: bool = False) -> None:
        """Note what happens to parts that nobody looks after yet; when it is calm nothing goes wrong any more."""
        for part in parts.filter(state__in=(S.OPEN, S.ACCEPTED)).exclude(pk__in=self._expected).order_by("pk"):
            self._expected.add(part.pk)
            fate = 1 if is_calm or part.method == FulfillmentMethod.PICKUP else self.trade.luck.random()
            soon = at + self._within(part, "accept")
            if part.location_id is None:
                # Nobody has it: the customer is told, and has the money back.
                self.diary.note(at + 40 * MINUTE, partial(self._give_up, part.order_id))
            elif part.state == S.ACCEPTED:
                self.diary.note(soon, partial(self._prepare, part.pk))
            elif fate < 0.03 and part.accept_by is not None:
                self.diary.note(part.accept_by + timedelta(seconds=20), self._overdue)
            elif fate < 0.08:
                self.diary.note(soon, partial(self._reject, part.pk))
            else:
                self.diary.note(soon, partial(self.accept, part.pk))

    def accept(self, part_id: uuid.UUID, at: datetime) -> None:
        """Let a store accept, and note what follows."""
        if part := self._part(part_id, S.OPEN):
            with self.as_store(part):
                accept(fulfillment_id=part_id, at=at)
            self.diary.note(at + self._within(part, "prepare"), partial(self._prepare, part_id))

    def ready(self, part_id: uuid.UUID, at: datetime) -> None:
        """Let a store lay the goods ready."""
        if part := self._part(part_id, S.ACCEPTED):
            with self.as_store(part):
                issued = mark_ready(fulfillment_id=part_id, at=at).code
            if issued is not None:
                self.codes[part_id] = issued.code

    def as_store(self, part: FulfillmentOrder) -> AbstractContextManager[None]:
        """Act as the person who works in the store of a part."""
        location = self._by_id[part.location_id]
        if location.code in self.clerks:
            return self.trade.as_person(self.clerks[location.code])
        return self.trade.as_system(f"{location.name} {self.words.clerk}")

    def _prepare(self, part_id: uuid.UUID, at: datetime) -> None:
        part = self._part(part_id, S.ACCEPTED)
        if part is None:
            return
        if part.method == FulfillmentMethod.PICKUP:
            self.ready(part_id, at)
            self.diary.note(at + self._within(part, "fetch"), partial(self._hand_over, part_id))
            return
        carrier = self.trade.luck.choice(self.carriers[FulfillmentMethod(part.method)])
        number = f"{self.trade.luck.randrange(10**11, 10**12)}" if part.method == FulfillmentMethod.SHIP else ""
        with self.as_store(part):
            ship(fulfillment_id=part_id, carrier=carrier, tracking_number=number, at=at)
        self.diary.note(at + self._within(part, "arrive"), partial(self._arrive, part_id))

    def _hand_over(self, part_id: uuid.UUID, at: datetime) -> None:
        part = self._part(part_id, S.READY)
        if part is None:
            return
        fate = self.trade.luck.random()
        if fate < 0.03:
            # Nobody comes: the clock puts the goods back.
            if part.pickup_by is not None:
                self.diary.note(part.pickup_by + MINUTE, self._overdue)
            return
        with self.as_store(part):
            if fate < 0.09:
                hand_over(fulfillment_id=part_id, override_reason=self.words.without_code, at=at)
            else:
                hand_over(fulfillment_id=part_id, code=self.codes[part_id], at=at)

    def _arrive(self, part_id: uuid.UUID, at: datetime) -> None:
        if part := self._part(part_id, S.SHIPPED):
            with self.trade.as_system(part.carrier):
                close(fulfillment_id=part_id, at=at)

    def _reject(self, part_id: uuid.UUID, at: datetime) -> None:
        if part := self._part(part_id, S.OPEN):
            weights = [weight for _reason, _effect, weight in REJECTIONS]
            reason, effect, _weight = self.trade.luck.choices(REJECTIONS, weights=weights)[0]
            with self.as_store(part):
                reject(fulfillment_id=part_id, reason=reason, stock_effect=effect, at=at)
            self._look_after(FulfillmentOrder.objects.filter(order=part.order_id), at, is_calm=True)

    def _overdue(self, at: datetime) -> None:
        """Let the clock do what is due by now, for all orders."""
        with self.trade.as_system("orders.tick"):
            tick(at=at)
        self._look_after(FulfillmentOrder.objects.all(), at, is_calm=True)

    def _cancel_some(self, order_id: uuid.UUID, at: datetime) -> None:
        """Let a customer cancel one unit, or everything where there is only one."""
        line = next((line for line in self._lines(order_id) if line.remaining), None)
        if line is not None:
            self.cancel(order_id, {line.pk: 1}, self.words.changed_mind, at)

    def _give_up(self, order_id: uuid.UUID, at: datetime) -> None:
        """Cancel what still waits for a location."""
        waiting = FulfillmentLine.objects.filter(
            fulfillment__order_id=order_id, fulfillment__location=None, fulfillment__state=S.OPEN, quantity__gt=0
        )
        if units := dict(waiting.values_list("order_line_id", "quantity")):
            self.cancel(order_id, units, self.words.nobody_has_it, at)

    def cancel(self, order_id: uuid.UUID, units: Mapping[uuid.UUID, int], reason: str, at: datetime) -> None:
        """Cancel units, and give back what was paid for them."""
        with self.trade.as_system(self.words.customer):
            order = cancel_order(order_id=order_id, lines=units, reason=reason, at=at)
            owed = min(order.cancelled_total, order.paid_total) - order.refunded_total
            if owed > 0:
                method = order.payments.order_by("pk").values_list("method", flat=True)[0]
                record_payment(order_id=order_id, kind=PaymentKind.REFUND, amount=owed, method=method, at=at + MINUTE)

    def _lines(self, order_id: uuid.UUID) -> QuerySet[OrderLine]:
        found: QuerySet[OrderLine] = OrderLine.objects.filter(order_id=order_id).order_by("position")
        return found

    def _part(self, part_id: uuid.UUID, state: FulfillmentState) -> FulfillmentOrder | None:
        """Return a part if it is still in a state and at a location: a customer or the clock may have been faster."""
        found = FulfillmentOrder.objects.filter(pk=part_id, state=state, location__isnull=False).first()
        return found if isinstance(found, FulfillmentOrder) else None

    def _within(self, part: FulfillmentOrder, step: str) -> timedelta:
        least, most = getattr(self.paces[FulfillmentMethod(part.method)], step)
        return timedelta(minutes=self.trade.luck.randrange(least, most + 1), seconds=self.trade.luck.randrange(60))
