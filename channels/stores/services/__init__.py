"""Every write of channels, locations and hours."""

from channels.stores.services.channels import create_channel, set_locations_of_channel, update_channel
from channels.stores.services.hours import remove_special_day, set_opening_hours, set_special_days
from channels.stores.services.locations import create_location, switch_location, update_location
from channels.stores.services.numbers import next_number

__all__ = [
    "create_channel",
    "create_location",
    "next_number",
    "remove_special_day",
    "set_locations_of_channel",
    "set_opening_hours",
    "set_special_days",
    "switch_location",
    "update_channel",
    "update_location",
]
