"""The merchant's channels and locations as a whole, which processes keep in memory."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from channels.stores.hours import Calendar
from channels.stores.models import ChannelLocation, SalesChannel, StockLocation
from channels.stores.selectors import calendars


@dataclass(frozen=True, slots=True)
class Network:
    """All channels and locations by id, with the hours of locations, and the active locations of active channels.

    ``serving`` has them in the order in which they go first. Nobody changes what is in here: others read it too.
    """

    channels: Mapping[uuid.UUID, SalesChannel]
    locations: Mapping[uuid.UUID, StockLocation]
    calendars: Mapping[uuid.UUID, Calendar]
    serving: Mapping[uuid.UUID, Sequence[ChannelLocation]]


def load_network() -> Network:
    """Read the network of the merchant in scope, for ``ReferenceData.get``. Five queries."""
    channels = {channel.pk: channel for channel in SalesChannel.objects.all()}
    locations = {location.pk: location for location in StockLocation.objects.all()}
    serving: dict[uuid.UUID, list[ChannelLocation]] = defaultdict(list)
    for link in ChannelLocation.objects.order_by("channel_id", "priority", "location_id"):
        # One that was made since the lines above is not there yet, and the version that it raises not yet ours.
        channel, location = channels.get(link.channel_id), locations.get(link.location_id)
        if channel and location and channel.is_active and location.is_active:
            link.location = location
            serving[link.channel_id].append(link)
    return Network(channels, locations, calendars(locations=list(locations.values())), dict(serving))
