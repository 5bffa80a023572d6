"""Making the channels and locations of a chain out of short tables."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, time

from channels.stores.enums import ChannelKind, LocationKind
from channels.stores.hours import Period
from channels.stores.models import SalesChannel, StockLocation
from channels.stores.services import (
    create_channel,
    create_location,
    set_locations_of_channel,
    set_opening_hours,
    set_special_days,
)
from o2o.tenancy.acting import acting_as
from o2o.tenancy.actor import Actor
from o2o.tenancy.enums import Origin
from o2o.tenancy.models import Membership
from o2o.tenancy.selectors import actor_of


@dataclass(frozen=True, slots=True)
class Place:
    """A location. ``hours`` names a week of the chain; ``capacity`` is 0 where there is no limit."""

    code: str
    name: str
    region: str
    city: str
    postal_code: str
    street: str
    phone: str
    latitude: float
    longitude: float
    hours: str = "usual"
    capacity: int = 0
    preparation: int = 10
    kind: LocationKind = LocationKind.STORE


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, and the codes of the locations that serve it with their priority."""

    code: str
    name: str
    kind: ChannelKind
    served_by: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Holiday:
    """Dates with hours of their own (None: closed), at one location or (no code) at all."""

    name: str
    days: Sequence[date]
    hours: Period | None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of the demonstration. ``bound`` says which people work at one location only."""

    owner: str
    country: str
    currency: str
    time_zone: str
    locations: Sequence[Place]
    channels: Sequence[Channel]
    weeks: Mapping[str, Mapping[int, Sequence[Period]]]
    holidays: Mapping[int, Sequence[Holiday]]
    bound: Mapping[str, str]
    store_methods: Sequence[str] = ("pickup", "ship", "deliver", "in_store")
    pickup_days: int = 2
    warehouse_methods: Sequence[str] = field(default=("ship",))


def every_day(opens: str, closes: str, *, weekend: tuple[str, str] | None = None) -> dict[int, list[Period]]:
    """Return a week with the same hours each day, or others from Friday to Sunday."""
    last = weekend or (opens, closes)
    return {day: [_period(*(last if day > 3 else (opens, closes)))] for day in range(7)}


def _period(opens: str, closes: str) -> Period:
    return Period(time.fromisoformat(opens), time.fromisoformat(closes))


def people() -> dict[str, Actor]:
    """Return the staff of the merchant in scope by e-mail address. One query."""
    rows = Membership.objects.select_related("user").filter(is_active=True)
    return {row.user.email: actor_of(row) for row in rows}


def acting_in_console(actor: Actor) -> AbstractContextManager[None]:
    """Act as somebody who sits at the console."""
    return acting_as(actor, origin=Origin.CONSOLE)


def build(chain: Chain, *, at: datetime) -> dict[str, StockLocation]:
    """Make everything of a chain and return its locations by code."""
    locations = {place.code: _location(chain, place, at) for place in chain.locations}
    for place in chain.locations:
        if week := chain.weeks[place.hours]:
            set_opening_hours(location_id=locations[place.code].pk, week=week, at=at)
    for year in (at.year, at.year + 1):
        for holiday in chain.holidays.get(year, ()):
            set_special_days(
                days=holiday.days,
                name=holiday.name,
                hours=holiday.hours,
                location_id=locations[holiday.code].pk if holiday.code else None,
                at=at,
            )
    for channel in chain.channels:
        made: SalesChannel = create_channel(
            code=channel.code, name=channel.name, kind=channel.kind, currency=chain.currency, at=at
        )
        priorities = {locations[code].pk: priority for code, priority in channel.served_by.items()}
        set_locations_of_channel(channel_id=made.pk, priorities=priorities, at=at)
    return locations


def _location(chain: Chain, place: Place, at: datetime) -> StockLocation:
    is_store = place.kind == LocationKind.STORE
    return create_location(
        code=place.code,
        name=place.name,
        kind=place.kind,
        time_zone=chain.time_zone,
        at=at,
        methods=chain.store_methods if is_store else chain.warehouse_methods,
        country=chain.country,
        region=place.region,
        city=place.city,
        postal_code=place.postal_code,
        street=place.street,
        phone=place.phone,
        latitude=place.latitude,
        longitude=place.longitude,
        daily_order_capacity=place.capacity or None,
        preparation_minutes=place.preparation,
        pickup_days=chain.pickup_days,
        pickup_extension_days=1,
    )
