"""Channels, and which locations serve them."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.stores.enums import ChannelKind
from channels.stores.events import ChannelChanged
from channels.stores.models import ChannelLocation, SalesChannel, StockLocation
from channels.stores.services.checking import checked_choices, checked_currency, locked
from o2o.events import emit
from o2o.kit.errors import DomainError, UnknownReferenceError

CHANGEABLE = frozenset({"name", "kind", "currency", "is_active"})


class CodeTakenError(DomainError):
    """Another thing of the merchant has this code."""

    code = "code_taken"
    title = gettext_lazy("The code is taken")


def create_channel(*, code: str, name: str, kind: str, currency: str, at: datetime) -> SalesChannel:
    """Make a channel that is on. Raises ``CodeTakenError`` or ``InvalidError``."""
    checked_choices([kind], ChannelKind, field="kind")
    try:
        with transaction.atomic():
            channel = SalesChannel.objects.create(code=code, name=name, kind=kind, currency=checked_currency(currency))
    except IntegrityError as error:
        raise CodeTakenError(_("A channel with the code “%(code)s” exists.") % {"code": code}, field="code") from error
    emit(ChannelChanged(aggregate_id=channel.pk, is_active=True))
    return channel


def update_channel(*, channel_id: uuid.UUID, at: datetime, **changes: Any) -> SalesChannel:
    """Change what is given and leave the rest. Raises ``NotFoundError`` or ``InvalidError``."""
    with transaction.atomic():
        channel: Any = locked(SalesChannel, channel_id)
        for name, value in changes.items():
            if name not in CHANGEABLE:
                raise TypeError(f"a channel has no {name} that can be changed")
            setattr(channel, name, value)
        checked_currency(channel.currency)
        checked_choices([channel.kind], ChannelKind, field="kind")
        channel.save()
        emit(ChannelChanged(aggregate_id=channel.pk, is_active=channel.is_active))
        return channel


def set_locations_of_channel(*, channel_id: uuid.UUID, priorities: Mapping[uuid.UUID, int], at: datetime) -> None:
    """Let exactly these locations serve a channel; a lower priority goes first. Raises ``NotFoundError``."""
    with transaction.atomic():
        channel: Any = locked(SalesChannel, channel_id)
        known = set(StockLocation.objects.filter(pk__in=priorities).values_list("pk", flat=True))
        if missing := set(priorities) - known:
            raise UnknownReferenceError(_("There is no location %(id)s.") % {"id": min(missing)}, field="locations")
        ChannelLocation.objects.filter(channel=channel).exclude(location_id__in=known).delete()
        ChannelLocation.objects.bulk_create(
            [
                ChannelLocation(channel=channel, location_id=location_id, priority=priority)
                for location_id, priority in sorted(priorities.items())
            ],
            update_conflicts=True,
            unique_fields=("merchant", "channel", "location"),
            update_fields=("priority", "updated_at"),
        )
        emit(ChannelChanged(aggregate_id=channel.pk, is_active=channel.is_active))
