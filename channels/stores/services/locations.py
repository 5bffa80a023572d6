"""Stores and warehouses."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.stores.closing import reasons_to_stay_open
from channels.stores.enums import FulfillmentMethod, LocationKind
from channels.stores.events import LocationChanged
from channels.stores.models import StockLocation
from channels.stores.services.channels import CodeTakenError
from channels.stores.services.checking import checked_choices, checked_country, checked_time_zone, locked
from o2o.events import emit
from o2o.kit.errors import DomainError, InvalidError

CHANGEABLE = frozenset(
    {
        "name", "kind", "country", "region", "city", "postal_code", "street", "phone", "latitude", "longitude",
        "time_zone", "day_starts_at", "methods", "daily_order_capacity", "preparation_minutes", "pickup_days",
        "pickup_extension_days",
    }
)  # fmt: skip


class LocationNeededError(DomainError):
    """Something still depends on the location."""

    code = "location_needed"
    title = gettext_lazy("The location is still needed")


def create_location(
    *,
    code: str,
    name: str,
    kind: str,
    time_zone: str,
    at: datetime,
    methods: Collection[str] = tuple(FulfillmentMethod.values),
    **fields: Any,
) -> StockLocation:
    """Make a location that works. Raises ``CodeTakenError`` or ``InvalidError``."""
    location = StockLocation(code=code)
    _change(location, {"name": name, "kind": kind, "time_zone": time_zone, "methods": methods, **fields})
    try:
        with transaction.atomic():
            location.save(force_insert=True)
    except IntegrityError as error:
        raise CodeTakenError(_("A location with the code “%(code)s” exists.") % {"code": code}, field="code") from error
    emit(LocationChanged(aggregate_id=location.pk, is_active=True))
    return location


def update_location(*, location_id: uuid.UUID, at: datetime, **changes: Any) -> StockLocation:
    """Change what is given and leave the rest. Raises ``NotFoundError`` or ``InvalidError``."""
    with transaction.atomic():
        location: Any = locked(StockLocation, location_id)
        _change(location, changes)
        location.save()
        emit(LocationChanged(aggregate_id=location.pk, is_active=location.is_active))
        return location


def switch_location(*, location_id: uuid.UUID, is_active: bool, at: datetime) -> StockLocation:
    """Let a location work or not. One that is off gets no orders and counts in no channel.

    Raises ``LocationNeededError`` with the reasons where it cannot be switched off yet.
    """
    with transaction.atomic():
        location: Any = locked(StockLocation, location_id)
        if location.is_active == is_active:
            return location
        if not is_active and (reasons := reasons_to_stay_open(location)):
            raise LocationNeededError(" ".join(reasons))
        location.is_active = is_active
        location.save(update_fields=["is_active", "updated_at"])
        emit(LocationChanged(aggregate_id=location.pk, is_active=is_active))
        return location


def _change(location: StockLocation, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise TypeError(f"a location has no {name} that can be changed")
        setattr(location, name, value)
    checked_time_zone(location.time_zone)
    checked_country(location.country)
    checked_choices([location.kind], LocationKind, field="kind")
    location.methods = checked_choices(location.methods, FulfillmentMethod, field="methods")
    if (location.latitude is None) != (location.longitude is None):
        raise InvalidError(_("Give both latitude and longitude, or neither."), field="latitude")
    if location.latitude is not None and location.longitude is not None:
        _check_coordinates(location.latitude, location.longitude)


def _check_coordinates(latitude: float, longitude: float) -> None:
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise InvalidError(
            _("%(latitude)s, %(longitude)s is not a place: latitude is from −90 to 90, longitude from −180 to 180.")
            % {"latitude": latitude, "longitude": longitude},
            field="latitude",
        )
