"""Many messages of channels at once: what a channel has to tell after an outage, a night, or a day without a network.

New orders are written together, in about as many statements as one alone takes. What is known here already, and what
cannot be written together, goes the way of a single message.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels.inventory.services import OutOfStockError
from channels.orders.drafts import OrderDraft
from channels.orders.models import Order
from channels.orders.services.ingesting import Ingested, Outcome, ingest_order, refuse_nameless
from channels.orders.services.locking import lock_stock_for
from channels.orders.services.placing import new_order, write_orders
from channels.orders.services.rows import variants_of
from channels.stores.enums import FulfillmentMethod
from channels.stores.network import load_network
from o2o.kit.errors import DomainError, InvalidError
from o2o.kit.locks import BusyError, lock_rows
from o2o.tenancy.reference import current_reference_data

MOST_MESSAGES = 100
#: Somebody makes one of the orders at this moment, its number is taken, or its goods are gone before they can be given.
TOGETHER_FAILS = (IntegrityError, OutOfStockError)

Key = tuple[uuid.UUID, uuid.UUID | None, str]
"""Channel, connection, and the id of an order there."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel says of an order; ``version`` grows with each change there."""

    draft: OrderDraft
    version: int

    @property
    def key(self) -> Key:
        """What names the order."""
        return (self.draft.channel_id, self.draft.connection_id, self.draft.external_id)


Answer = Ingested | DomainError
"""What came of a message: its order, or why it was refused."""


def ingest_orders(*, messages: Sequence[Message], at: datetime) -> list[Answer]:
    """Take in what channels say of orders, as ``ingest_order`` for one after another; return what came of each.

    Each is judged by itself: one that is refused takes no other with it. New orders of a channel take a constant number
    of statements, however many there are. All are one transaction; where PostgreSQL asks for it to be tried again, or
    it broke off, the same messages come to the same end. Raises ``InvalidError`` for more than 100 messages and
    ``BusyError``; then nothing was taken in.
    """
    if len(messages) > MOST_MESSAGES:
        raise InvalidError(_("One call takes %(count)s orders at most.") % {"count": MOST_MESSAGES})
    with transaction.atomic():
        return _Call(messages, at).answer()


class _Call:
    """The messages of a call, the orders that are there already, and the answers so far."""

    def __init__(self, messages: Sequence[Message], at: datetime) -> None:
        self.messages, self.at = messages, at
        self.answers: dict[int, Answer] = {}
        self.known = known_orders({message.key for message in messages})
        self.variants = variants_of([line for message in messages for line in message.draft.lines])

    def answer(self) -> list[Answer]:
        """Take all in. The new ones come first, since what is said of them later needs them."""
        groups, rest = self._sorted()
        if len(rest) > 1 or (groups and rest):
            self._lock(rest)
        for group in groups:
            self._together(group)
        for place in rest:
            self._alone(place)
        return [self.answers[place] for place in range(len(self.messages))]

    def _sorted(self) -> tuple[list[list[int]], list[int]]:
        """Return by their places the messages that make new orders, in groups, and the rest; answer what is easy."""
        groups: dict[tuple[uuid.UUID, bool], list[int]] = defaultdict(list)
        rest: list[int] = []
        seen: set[Key] = set()
        for place, message in enumerate(self.messages):
            draft, order = message.draft, self.known.get(message.key)
            try:
                refuse_nameless(draft)
            except DomainError as error:
                self.answers[place] = error
                continue
            if message.key in seen or (order is not None and order.external_version != message.version):
                rest.append(place)
            elif order is not None:
                self.answers[place] = Ingested(order, Outcome.UNCHANGED)
            else:
                groups[draft.channel_id, draft.method == FulfillmentMethod.IN_STORE].append(place)
            seen.add(message.key)
        return list(groups.values()), rest

    def _lock(self, places: Sequence[int]) -> None:
        """Lock all that messages may take which go one by one, in one go; each would lock its own in any order."""
        drafts = [self.messages[place].draft for place in places]
        keys = {self.messages[place].key for place in places}
        order_ids = [self.known[key].pk for key in keys if key in self.known]
        named = {line.variant_id or line.sku for draft in drafts for line in draft.lines}
        lock_rows(Order.objects.filter(pk__in=order_ids))
        lock_stock_for(
            channel_ids={draft.channel_id for draft in drafts},
            variant_ids={self.variants[name].pk for name in named if name in self.variants},
            order_ids=order_ids,
        )

    def _together(self, places: Sequence[int]) -> None:
        """Make new orders in one go; one by one where somebody makes one of them at this moment or takes its goods."""
        try:
            with transaction.atomic():
                made = self._made(places)
        except TOGETHER_FAILS:
            # Once more: what others have made meanwhile is locked before the goods, as everywhere.
            self.known |= known_orders({self.messages[place].key for place in places})
            if len(places) > 1:
                self._lock(places)
            for place in places:
                self._alone(place)
        else:
            self.answers |= {place: Ingested(order, Outcome.CREATED) for place, order in made.items()}

    def _made(self, places: Sequence[int]) -> dict[int, Order]:
        reference = current_reference_data()
        network = reference.get(load_network)
        new = {}
        for place in places:
            message = self.messages[place]
            try:
                new[place] = new_order(message.draft, network, self.variants, version=message.version, at=self.at)
            except DomainError as error:
                self.answers[place] = error
        if new:
            write_orders(list(new.values()), reference, at=self.at, is_done=True)
        return {place: one.order for place, one in new.items()}

    def _alone(self, place: int) -> None:
        message = self.messages[place]
        try:
            with transaction.atomic():
                self.answers[place] = ingest_order(draft=message.draft, version=message.version, at=self.at)
        except BusyError:
            # The others would wait as long, one after another.
            raise
        except DomainError as error:
            self.answers[place] = error


def known_orders(keys: set[Key]) -> dict[Key, Order]:
    """Return the orders that are there already. One query."""
    rows = Order.objects.filter(
        channel_id__in={channel_id for channel_id, _connection_id, _external_id in keys},
        external_id__in={external_id for _channel_id, _connection_id, external_id in keys},
    )
    found = {(row.channel_id, row.connection_id, row.external_id): row for row in rows}
    return {key: row for key, row in found.items() if key in keys}
