"""Orders as customers make them: who buys what where, in the mix of each channel."""

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from channels.catalog.models import ChannelListing
from channels.inventory.models import StockLevel
from channels.orders.drafts import AdjustmentDraft, LineDraft, OrderDraft, PaymentDraft
from channels.orders.enums import AdjustmentKind
from channels.orders.models import Order
from channels.orders.numbers import ALPHABET
from channels.orders.recipients import Recipient
from channels.orders.services.ingesting import ingest_order
from channels.orders.services.placing import place_order
from channels.stores.demo.building import acting_in_console, people
from channels.stores.enums import FulfillmentMethod
from channels.stores.models import ChannelLocation, SalesChannel, StockLocation
from o2o.tenancy.acting import acting_for
from o2o.tenancy.scope import current_merchant_id

Basket = Sequence[tuple[str, int]]
"""SKUs and units."""

KILOMETRE = 0.009
COIN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Offer:
    """A listing as a customer sees it."""

    variant_id: uuid.UUID
    name: str
    price: Decimal
    category: str


@dataclass(frozen=True, slots=True)
class Mix:
    """How people buy in a channel: how many a day, how they get it, what they like, at which hours (local).

    ``prefix`` is that of the ids of a platform that tells us of its orders; without one they are placed here.
    """

    channel: str
    a_day: float
    methods: Mapping[FulfillmentMethod, int]
    pools: Mapping[FulfillmentMethod, Sequence[str]]
    hours: Sequence[int]
    pays_by: Sequence[str]
    most_lines: int = 3
    prefix: str = ""
    carriage: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Customers:
    """Made-up people, and the stores that they go to, with how much each is liked; ``avoid`` is bought by no chance."""

    names: Sequence[str]
    phone: Callable[[random.Random], str]
    streets: Sequence[str]
    stores: Mapping[str, int]
    country: str
    discounts: Sequence[tuple[AdjustmentKind, str, Decimal, int]] = ()
    avoid: Sequence[str] = ()


class Trade:
    """The business of the merchant in scope, ready to sell. A handful of queries."""

    def __init__(self, customers: Customers, *, seed: int, time_zone: str) -> None:
        # Not for secrets: the same demonstration each time.
        self.luck = random.Random(seed)  # noqa: S311
        self.customers = customers
        self.zone = ZoneInfo(time_zone)
        self.staff = people()
        self.channels = {channel.code: channel for channel in SalesChannel.objects.all()}
        self.places = {location.code: location for location in StockLocation.objects.all()}
        self.offers = self._offers()
        self.serves = self._serves()
        self.shelves = self._shelves()
        self._told = 0

    def _offers(self) -> Mapping[str, Mapping[str, Offer]]:
        rows = ChannelListing.objects.filter(is_visible=True).select_related("variant__product__category", "channel")
        offers: dict[str, dict[str, Offer]] = {code: {} for code in self.channels}
        for row in rows.order_by("variant__sku"):
            product = row.variant.product
            category = product.category.code if product.category else ""
            name = f"{product.name} {row.variant.name}".strip()
            offers[row.channel.code][row.variant.sku] = Offer(row.variant_id, name, row.price, category)
        return offers

    def _serves(self) -> Mapping[str, frozenset[str]]:
        codes: dict[str, set[str]] = {code: set() for code in self.channels}
        for channel, location in ChannelLocation.objects.values_list("channel__code", "location__code"):
            codes[channel].add(location)
        return {code: frozenset(found) for code, found in codes.items()}

    def _shelves(self) -> Mapping[str, frozenset[str]]:
        """Return what lies at each location in numbers that last for a while."""
        rows = StockLevel.objects.filter(on_hand__gte=6).values_list("location__code", "variant__sku")
        skus: dict[str, set[str]] = {code: set() for code in self.places}
        for location, sku in rows:
            skus[location].add(sku)
        return {code: frozenset(found) for code, found in skus.items()}

    def as_person(self, email: str) -> AbstractContextManager[None]:
        """Act as somebody of the staff."""
        return acting_in_console(self.staff[email])

    def as_system(self, name: str) -> AbstractContextManager[None]:
        """Act as a program or a till."""
        merchant_id = current_merchant_id()
        if merchant_id is None:
            raise AssertionError("the demonstration is loaded in the scope of a merchant")
        return acting_for(merchant_id, name)

    def moment(self, day: date, hours: Sequence[int]) -> datetime:
        """Return some moment of a day, in hours that people like."""
        clock = time(self.luck.choice(hours), self.luck.randrange(60), self.luck.randrange(60))
        return datetime.combine(day, clock, tzinfo=self.zone)

    def some_store(self, channel: str) -> StockLocation:
        """Return a store of a channel, the liked ones more often."""
        known = self.customers.stores
        liked = {code: weight for code, weight in known.items() if code in self.serves[channel]} or known
        return self.places[self.luck.choices(list(liked), weights=list(liked.values()))[0]]

    def basket(self, mix: Mix, method: FulfillmentMethod, store: StockLocation) -> Basket:
        """Return what somebody buys; who goes to a store sees what is there."""
        offers, shelf = self.offers[mix.channel], self.shelves[store.code]
        is_sent = method == FulfillmentMethod.SHIP
        fitting = [
            sku
            for sku, offer in offers.items()
            if offer.category in mix.pools[method] and (is_sent or sku in shelf) and sku not in self.customers.avoid
        ]
        count = min(self.luck.choices((1, 2, 3, 4), weights=(45, 35, 14, 6))[0], mix.most_lines)
        return [(sku, self.luck.choices((1, 2, 3), weights=(70, 24, 6))[0]) for sku in self.luck.sample(fitting, count)]

    def buy(
        self,
        mix: Mix,
        at: datetime,
        *,
        method: FulfillmentMethod | None = None,
        store: StockLocation | None = None,
        basket: Basket | None = None,
        place: tuple[float, float] | None = None,
        promised_in: timedelta | None = None,
        **fields: object,
    ) -> Order:
        """Let somebody buy something at an instant; what is not given is left to luck."""
        chosen = method or self.luck.choices(list(mix.methods), weights=list(mix.methods.values()))[0]
        near = store or self.some_store(mix.channel)
        is_sent = chosen in (FulfillmentMethod.DELIVER, FulfillmentMethod.SHIP)
        where = (place or self._home(near)) if is_sent else None
        draft = self._draft(mix, at, chosen, basket or self.basket(mix, chosen, near), near, where)
        if promised_in is not None:
            fields["promised_at"] = at + promised_in
        draft = OrderDraft(**{name: getattr(draft, name) for name in draft.__dataclass_fields__} | fields)
        is_done = chosen == FulfillmentMethod.IN_STORE
        with self.as_system(near.name if is_done else self.channels[mix.channel].name):
            if mix.prefix:
                return ingest_order(draft=draft, version=1, at=at).order
            return place_order(draft=draft, at=at, is_done=is_done)

    def _draft(
        self,
        mix: Mix,
        at: datetime,
        method: FulfillmentMethod,
        basket: Basket,
        store: StockLocation,
        where: tuple[float, float] | None,
    ) -> OrderDraft:
        lines = self._lines(mix.channel, basket)
        carriage = mix.carriage if where else Decimal(0)
        goods = sum((line.unit_price * line.quantity for line in lines), Decimal(0))
        discount = sum((part.amount for line in lines for part in line.adjustments), Decimal(0))
        self._told += 1
        letters = "".join(self.luck.choices(ALPHABET, k=8))
        return OrderDraft(
            channel_id=self.channels[mix.channel].pk,
            method=method,
            lines=lines,
            placed_at=at,
            external_id=f"{mix.prefix}{at:%m%d}{self._told:06d}" if mix.prefix else "",
            number=f"{at:%y%m%d}-{letters[:4]}-{letters[4:]}",
            location_id=None if where else store.pk,
            shipping_total=carriage,
            payments=self._payments(mix, goods - discount + carriage, at),
            recipient=self._recipient(store, is_sent=where is not None),
            latitude=where[0] if where else None,
            longitude=where[1] if where else None,
        )

    def _lines(self, channel: str, basket: Basket) -> list[LineDraft]:
        lines = []
        for sku, quantity in basket:
            offer = self.offers[channel].get(sku)
            if offer is None:
                # What the platform sells and the catalog does not know.
                lines.append(LineDraft(quantity=quantity, unit_price=Decimal(18), sku=sku, name="季节限定饮品"))
                continue
            discounts = self._discount(offer.price * quantity) if not lines else ()
            lines.append(
                LineDraft(
                    quantity=quantity,
                    unit_price=offer.price,
                    variant_id=offer.variant_id,
                    name=offer.name,
                    external_id=sku,
                    adjustments=discounts,
                )
            )
        return lines

    def _discount(self, worth: Decimal) -> Sequence[AdjustmentDraft]:
        if not self.customers.discounts or self.luck.random() > 0.3:
            return ()
        kind, reference, amount, points = self.luck.choice(self.customers.discounts)
        return (AdjustmentDraft(kind, amount, reference, points),) if amount < worth / 2 else ()

    def _payments(self, mix: Mix, amount: Decimal, at: datetime) -> Sequence[PaymentDraft]:
        method = self.luck.choice(mix.pays_by)
        return (PaymentDraft(amount.quantize(COIN), method, at),) if amount > 0 else ()

    def _home(self, store: StockLocation) -> tuple[float, float]:
        """Return a place where somebody lives, within two kilometres of a store."""
        latitude, longitude = store.coordinates or (0.0, 0.0)
        north, east = self.luck.uniform(-1.4, 1.4), self.luck.uniform(-1.4, 1.4)
        return round(latitude + north * KILOMETRE, 5), round(longitude + east * KILOMETRE * 1.1, 5)

    def _recipient(self, store: StockLocation, *, is_sent: bool) -> Recipient:
        name, phone = self.luck.choice(self.customers.names), self.customers.phone(self.luck)
        if not is_sent:
            return Recipient(name=name, phone=phone)
        street = self.luck.choice(self.customers.streets).replace("#", str(self.luck.randrange(2, 190)))
        return Recipient(
            name=name, phone=phone, country=self.customers.country, region=store.region, city=store.city, street=street
        )
