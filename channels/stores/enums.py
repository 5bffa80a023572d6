"""Kinds of channels and locations, and the ways in which goods reach people."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ChannelKind(models.TextChoices):
    """What sort of place people buy in."""

    OWN_SHOP = "own_shop", _("own online shop")
    MINI_PROGRAM = "mini_program", _("mini-program")
    MARKETPLACE = "marketplace", _("marketplace")
    DELIVERY_PLATFORM = "delivery_platform", _("delivery platform")
    POS = "pos", _("till in a store (POS)")
    OTHER = "other", _("other")


class LocationKind(models.TextChoices):
    """What sort of place stock lies in."""

    STORE = "store", _("store")
    WAREHOUSE = "warehouse", _("warehouse")


class FulfillmentMethod(models.TextChoices):
    """How the goods of an order reach whoever bought them."""

    PICKUP = "pickup", _("pickup")
    SHIP = "ship", _("shipping")
    DELIVER = "deliver", pgettext_lazy("to a customer", "delivery")
    IN_STORE = "in_store", _("in store")


class Weekday(models.IntegerChoices):
    """A day of the week, numbered as Python does."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")
