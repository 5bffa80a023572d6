"""Kinds of barcodes, prices and deviations."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PriceLayer(models.IntegerChoices):
    """Which price counts where several cover an instant: the highest layer, and in it the one that began last."""

    BASE = 0, _("regular price")
    CYCLIC = 1, _("recurring price")
    SCHEDULED = 2, _("scheduled price")


class PriceChangeState(models.TextChoices):
    """How far a wish for another price has come."""

    HELD = "held", _("waits for approval")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    EXPIRED = "expired", _("expired")
    SUPERSEDED = "superseded", _("replaced by a newer price")


class DeviationKind(models.TextChoices):
    """In what the listings of a product disagree with their policy."""

    BELOW_FLOOR = "below_floor", _("price below the floor")
    PRICE = "price", _("price differs")
    VISIBILITY = "visibility", _("hidden in a channel")
    TEXT = "text", _("text differs")
