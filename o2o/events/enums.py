"""States of deliveries."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeliveryState(models.TextChoices):
    """How far the delivery of an event to a subscriber has come."""

    PENDING = "pending", _("pending")
    DONE = "done", _("done")
    DEAD = "dead", _("dead letter")
    DISCARDED = "discarded", _("discarded")
