"""The week of a location, and the locations of a channel, each edited in one form."""

import re
from datetime import time
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.stores import services
from channels.stores.console.channels import ChannelPage
from channels.stores.console.locations import LOCATIONS
from channels.stores.enums import Weekday
from channels.stores.hours import Period
from channels.stores.models import StockLocation
from o2o.console import ConsoleForm, FormPage, page, site
from o2o.console.forms import dress
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

PERIOD = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~～至]\s*(\d{1,2}):(\d{2})")


class PeriodsField(forms.CharField):
    """Hours as people write them: ``08:00-12:00, 14:00-22:00``; 24:00 is midnight at the end of the day."""

    def to_python(self, value: Any) -> list[Period]:  # type: ignore[override]
        """Return the periods. Raises ``ValidationError`` for a part that is not one."""
        text = (super().to_python(value) or "").replace("：", ":")
        return [self._period(part) for part in re.split(r"[,，;；、]", text) if part.strip()]

    def _period(self, part: str) -> Period:
        match = PERIOD.fullmatch(part.strip())
        figures = [int(figure) for figure in match.groups()] if match else [99, 0, 0, 0]
        hour, minute, last_hour, last_minute = figures
        try:
            return Period(time(hour, minute), time(last_hour % 24, last_minute))
        except ValueError:
            raise forms.ValidationError(
                _("“%(part)s” is not a period; write 08:00-12:00, and a comma before the next."),
                params={"part": part.strip()},
            ) from None


class WeekForm(ConsoleForm):
    """The hours of the seven days."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in Weekday:
            field = PeriodsField(label=day.label, required=False, max_length=200)
            if day == Weekday.MONDAY:
                field.help_text = _("Such as 08:00-12:00, 14:00-22:00. 20:00-02:00 runs past midnight. Empty: closed.")
            self.fields[f"day{day.value}"] = field
            dress(field)

    def week(self) -> dict[int, list[Period]]:
        """Return the periods by weekday."""
        return {day.value: self.cleaned_data[f"day{day.value}"] for day in Weekday}


@page
class OpeningHours(FormPage):
    """Edit the week of a location."""

    name = "opening_hours"
    path = "locations/<uuid:location_id>/hours/"
    title = _("Opening hours")
    intro = _("In the time zone of the location. If every day is empty, it counts as open at any time.")
    policy = Capability.CHANNELS_WRITE
    form_class = WeekForm
    done = _("Saved.")
    parents = LOCATIONS

    @property
    def location(self) -> StockLocation:
        """The location of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[StockLocation].get_object(self.request, str(self.kwargs["location_id"]))
        return found

    def heading(self) -> str:
        return f"{self.title} · {self.location.name}"

    def initial(self) -> dict[str, Any]:
        texts: dict[str, str] = {}
        for period in self.location.opening_periods.order_by("weekday", "opens_at"):
            text = f"{period.opens_at:%H:%M}-{period.closes_at:%H:%M}"
            name = f"day{period.weekday}"
            texts[name] = f"{texts[name]}, {text}" if name in texts else text
        return texts

    def save(self, form: WeekForm) -> None:
        week = form.week()
        services.set_opening_hours(location_id=self.location.pk, week=week if any(week.values()) else {}, at=now())

    def success_url(self) -> str:
        return reverse("console:stores_stocklocation_change", args=(self.kwargs["location_id"],))


class ServedByForm(ConsoleForm):
    """A priority for each location that serves a channel."""

    def __init__(self, *args: Any, locations: list[StockLocation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.locations = locations
        for location in locations:
            label = " · ".join(filter(None, (location.name, location.city)))
            field = forms.IntegerField(label=label, required=False, min_value=0, max_value=32767)
            self.fields[str(location.pk)] = field
            dress(field)

    def priorities(self) -> dict[Any, int]:
        """Return the priority of each location that has one."""
        given = {location.pk: self.cleaned_data[str(location.pk)] for location in self.locations}
        return {pk: priority for pk, priority in given.items() if priority is not None}


@page
class ChannelLocations(ChannelPage):
    """Say which locations serve a channel, and in which order."""

    name = "channel_locations"
    path = "sales-channels/<uuid:channel_id>/locations/"
    title = _("Locations that serve it")
    intro = _("Give each location that serves the channel a priority; a lower number goes first. Empty: it does not.")
    form_class = ServedByForm
    done = _("Saved.")

    def form_kwargs(self) -> dict[str, Any]:
        return {"locations": list(StockLocation.objects.filter(is_active=True).order_by("city", "name"))}

    def initial(self) -> dict[str, Any]:
        return {str(link.location_id): link.priority for link in self.channel.served_by.all()}

    def save(self, form: ServedByForm) -> None:
        services.set_locations_of_channel(channel_id=self.channel.pk, priorities=form.priorities(), at=now())
