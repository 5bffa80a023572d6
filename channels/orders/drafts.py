"""Orders as they come in, before they are orders here."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from channels.orders.enums import AdjustmentKind, PaymentKind
from channels.orders.recipients import Recipient
from channels.stores.enums import FulfillmentMethod


@dataclass(frozen=True, slots=True)
class AdjustmentDraft:
    """A part of a line's discount, in the currency of the order; ``points`` is what was paid with points for it."""

    kind: AdjustmentKind
    amount: Decimal
    reference: str = ""
    points: int = 0


@dataclass(frozen=True, slots=True)
class LineDraft:
    """Units of a variant, named by its id or by ``sku``; ``unit_price`` is the list price of one.

    ``subtotal`` is given where the price of one is finer than a coin and the channel rounded in its own way.
    ``cancelled`` units are those that the channel says are cancelled.
    """

    quantity: int
    unit_price: Decimal
    sku: str = ""
    variant_id: uuid.UUID | None = None
    external_id: str = ""
    name: str = ""
    subtotal: Decimal | None = None
    adjustments: Sequence[AdjustmentDraft] = ()
    cancelled: int = 0

    @property
    def key(self) -> str:
        """What names the line within its order: its id in the channel, else the SKU."""
        return self.external_id or self.sku or str(self.variant_id)


@dataclass(frozen=True, slots=True)
class PaymentDraft:
    """Money that came in or went back."""

    amount: Decimal
    method: str
    paid_at: datetime
    kind: PaymentKind = PaymentKind.PAYMENT
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order of a channel, in its currency unless another is given.

    ``external_id`` with ``connection_id`` names it in the system that it comes from. ``location_id`` is the store of a
    purchase or pickup. ``total``, where given, must be what the server works out.
    """

    channel_id: uuid.UUID
    method: FulfillmentMethod
    lines: Sequence[LineDraft]
    placed_at: datetime
    connection_id: uuid.UUID | None = None
    external_id: str = ""
    number: str = ""
    location_id: uuid.UUID | None = None
    currency: str = ""
    shipping_total: Decimal = Decimal(0)
    tax_total: Decimal = Decimal(0)
    total: Decimal | None = None
    payments: Sequence[PaymentDraft] = ()
    recipient: Recipient = field(default_factory=Recipient)
    latitude: float | None = None
    longitude: float | None = None
    member_id: uuid.UUID | None = None
    customer_reference: str = ""
    note: str = ""
    promised_at: datetime | None = None
    is_cancelled: bool = False

    def cancelled_through(self) -> "OrderDraft":
        """Return it with every unit of its lines cancelled where the whole of it is."""
        if not self.is_cancelled:
            return self
        return replace(self, lines=[replace(line, cancelled=line.quantity) for line in self.lines])

    @property
    def wants_nothing(self) -> bool:
        """Whether every unit of its lines is cancelled."""
        return all(line.cancelled == line.quantity for line in self.lines)
