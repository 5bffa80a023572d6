"""Channels, stock locations, their hours, and which location serves which channel."""

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from channels.stores.enums import ChannelKind, FulfillmentMethod, LocationKind, Weekday
from o2o.kit.audit import audited
from o2o.tenancy.models import TenantModel
from o2o.tenancy.reference import reference_data


@audited()
@reference_data
class SalesChannel(TenantModel):
    """A place in which people buy: the own shop, a mini-program, a marketplace, a delivery platform, the tills."""

    code = models.SlugField(_("code"), max_length=40, db_index=False)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=ChannelKind.choices)
    currency = models.CharField(_("currency"), max_length=3)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("merchant", "code"), name="channel_one_per_code"),
            models.CheckConstraint(condition=Q(kind__in=ChannelKind.values), name="channel_known_kind"),
        )

    def __str__(self) -> str:
        return self.name


@audited()
@reference_data
class StockLocation(TenantModel):
    """A store or warehouse: where stock lies and orders are made ready.

    ``methods`` are the ways in which it hands goods over. ``daily_order_capacity`` is None where there is no limit;
    a day is a business day, which begins at ``day_starts_at`` in ``time_zone``. Without opening hours it never closes.
    """

    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=LocationKind.choices)
    is_active = models.BooleanField(_("active"), default=True)

    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("ISO 3166 code, such as CN."))
    region = models.CharField(_("province or state"), max_length=100, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    street = models.CharField(_("street and number"), max_length=200, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=(MinValueValidator(-90), MaxValueValidator(90))
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=(MinValueValidator(-180), MaxValueValidator(180))
    )

    time_zone = models.CharField(_("time zone"), max_length=64)
    day_starts_at = models.TimeField(
        _("business day begins at"),
        default=time(4),
        help_text=_("What is sold out today comes back then, and daily limits begin anew."),
    )
    methods = ArrayField(
        models.CharField(max_length=20, choices=FulfillmentMethod.choices),
        default=list,
        blank=True,
        verbose_name=_("hands over by"),
    )
    daily_order_capacity = models.PositiveIntegerField(_("orders a day at most"), null=True, blank=True)
    preparation_minutes = models.PositiveSmallIntegerField(_("minutes to prepare an order"), default=30)
    pickup_days = models.PositiveSmallIntegerField(
        _("days that a pickup waits"), default=3, help_text=_("Afterwards the goods go back into stock.")
    )
    pickup_extension_days = models.PositiveSmallIntegerField(_("days by which a pickup can be extended"), default=2)

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("merchant", "code"), name="location_one_per_code"),
            models.CheckConstraint(condition=Q(kind__in=LocationKind.values), name="location_known_kind"),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None) | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="location_whole_coordinates",
                violation_error_message=_("Give both latitude and longitude, or neither."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def coordinates(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees, where they are known."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude


@audited()
@reference_data
class OpeningPeriod(TenantModel):
    """Hours in which a location works on a day of every week; one that ends before it begins runs past midnight."""

    location = models.ForeignKey(
        StockLocation, on_delete=models.CASCADE, related_name="opening_periods", verbose_name=_("location")
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    opens_at = models.TimeField(_("opens at"))
    closes_at = models.TimeField(_("closes at"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ("weekday", "opens_at")
        constraints = (
            models.UniqueConstraint(
                fields=("merchant", "location", "weekday", "opens_at"), name="openingperiod_one_per_begin"
            ),
            models.CheckConstraint(condition=Q(weekday__in=Weekday.values), name="openingperiod_known_weekday"),
            models.CheckConstraint(condition=~Q(opens_at=F("closes_at")), name="openingperiod_not_empty"),
        )


@audited()
@reference_data
class SpecialDay(TenantModel):
    """A date with hours of its own, such as a holiday, at one location or (without one) at all of them.

    Without hours it is closed that day. A day of the location itself goes before one of all locations.
    """

    location = models.ForeignKey(
        StockLocation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="special_days",
        verbose_name=_("location"),
    )
    on = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=100, blank=True)
    opens_at = models.TimeField(_("opens at"), null=True, blank=True)
    closes_at = models.TimeField(_("closes at"), null=True, blank=True)

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        ordering = ("on", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("merchant", "location", "on"), name="specialday_one_per_date", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(opens_at=None, closes_at=None)
                | (Q(opens_at__isnull=False, closes_at__isnull=False) & ~Q(opens_at=F("closes_at"))),
                name="specialday_whole_hours",
                violation_error_message=_("Give both hours, or neither for a closed day."),
            ),
        )

    def __str__(self) -> str:
        return self.name or str(self.on)


@audited()
@reference_data
class ChannelLocation(TenantModel):
    """That a location serves a channel; a lower ``priority`` goes first."""

    channel = models.ForeignKey(
        SalesChannel, on_delete=models.CASCADE, related_name="served_by", verbose_name=_("channel")
    )
    location = models.ForeignKey(
        StockLocation, on_delete=models.CASCADE, related_name="serves", verbose_name=_("location")
    )
    priority = models.PositiveSmallIntegerField(_("priority"), default=100, help_text=_("A lower number goes first."))

    class Meta:
        verbose_name = _("location of a channel")
        verbose_name_plural = _("locations of channels")
        ordering = ("priority", "pk")
        constraints = (
            models.UniqueConstraint(fields=("merchant", "channel", "location"), name="channellocation_once"),
        )

    def __str__(self) -> str:
        return f"{self.channel} ← {self.location}"


class NumberSeries(TenantModel):
    """The last number that was given to a kind of thing, such as transfers."""

    kind = models.CharField(max_length=20)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = (models.UniqueConstraint(fields=("merchant", "kind"), name="numberseries_one_per_kind"),)
