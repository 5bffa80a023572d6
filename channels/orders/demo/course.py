"""The course that an order takes after it was made: through its store, to the customer, sometimes not."""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from channels.orders.demo.diary import Diary
from channels.orders.demo.trade import Trade
from channels.orders.enums import FulfillmentState, PaymentKind, RejectionReason, StockEffect
from channels.orders.models import FulfillmentOrder, Order
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
        self._by_id = {location.pk: location for location in trade.places.values()}

    def follow(self, order: Order, at: datetime) -> None:
        """Note what happens to the parts of an order that a store has and nobody has looked at."""
        luck = self.trade.luck
        if luck.random() < 0.03:
            self.diary.note(at + 2 * MINUTE, partial(self._cancel_some, order.pk))
        parts = FulfillmentOrder.objects.filter(order=order, state__in=(S.OPEN, S.ACCEPTED), location__isnull=False)
        for part in parts.order_by("pk"):
            fate = luck.random()
            soon = at + self._within(part, "accept")
            if part.state == S.ACCEPTED:
                self.diary.note(soon, partial(self._prepare, part.pk))
            elif fate < 0.03 and part.accept_by is not None and part.method != FulfillmentMethod.PICKUP:
                self.diary.note(part.accept_by + timedelta(seconds=20), partial(self._overdue, order.pk))
            elif fate < 0.08 and part.method != FulfillmentMethod.PICKUP:
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
        location = self._by_id[part.location_id]  # type: ignore[index]
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
                self.diary.note(part.pickup_by + MINUTE, partial(self._overdue, part.order_id))
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
            self.diary.note(at, partial(self._follow_again, part.order_id))

    def _overdue(self, order_id: uuid.UUID, at: datetime) -> None:
        """Let the clock do what is due by now, for all orders."""
        with self.trade.as_system("orders.tick"):
            tick(at=at)
        self.diary.note(at, partial(self._follow_again, order_id))

    def _follow_again(self, order_id: uuid.UUID, at: datetime) -> None:
        parts = FulfillmentOrder.objects.filter(order_id=order_id, state=S.OPEN, location__isnull=False)
        for part in parts.order_by("pk"):
            self.diary.note(at + self._within(part, "accept"), partial(self.accept, part.pk))

    def _cancel_some(self, order_id: uuid.UUID, at: datetime) -> None:
        """Let a customer cancel one unit, or everything where there is only one, and have the money back."""
        order = Order.objects.get(pk=order_id)
        lines = [line for line in order.lines.order_by("position") if line.remaining]
        if not lines:
            return
        with self.trade.as_system(self.trade.customers.names[0]):
            order = cancel_order(order_id=order_id, lines={lines[0].pk: 1}, reason=self.words.changed_mind, at=at)
            owed = min(order.cancelled_total, order.paid_total - order.refunded_total)
            if owed > 0:
                method = order.payments.order_by("pk").values_list("method", flat=True)[0]
                record_payment(order_id=order_id, kind=PaymentKind.REFUND, amount=owed, method=method, at=at + MINUTE)

    def _part(self, part_id: uuid.UUID, state: FulfillmentState) -> FulfillmentOrder | None:
        """Return a part if it is still in a state and at a location: a customer or the clock may have been faster."""
        found = FulfillmentOrder.objects.filter(pk=part_id, state=state, location__isnull=False).first()
        return found if isinstance(found, FulfillmentOrder) else None

    def _within(self, part: FulfillmentOrder, step: str) -> timedelta:
        least, most = getattr(self.paces[FulfillmentMethod(part.method)], step)
        return timedelta(minutes=self.trade.luck.randrange(least, most + 1), seconds=self.trade.luck.randrange(60))
