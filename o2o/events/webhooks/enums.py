"""States of webhook deliveries, and why endpoints are switched off."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class WebhookState(models.TextChoices):
    """How far a message to an endpoint has come."""

    PENDING = "pending", _("pending")
    SENDING = "sending", _("being sent")
    DELIVERED = "delivered", _("delivered")
    DEAD = "dead", _("dead letter")
    CANCELLED = "cancelled", _("cancelled")


SETTLED = (WebhookState.DELIVERED, WebhookState.DEAD, WebhookState.CANCELLED)


class DisabledReason(models.TextChoices):
    """Why an endpoint gets no messages."""

    BY_STAFF = "by_staff", _("switched off by staff")
    GONE = "gone", _("it answered 410 Gone")
    FAILING = "failing", _("it failed for five days")


class Failure(models.TextChoices):
    """What went wrong with one attempt."""

    HTTP_STATUS = "http_status", _("it answered with an error")
    REDIRECT = "redirect", _("it answered with a redirect, which is not followed")
    TIMEOUT = "outbound_timeout", _("it did not answer in time")
    CONNECTION = "connection_failed", _("no connection")
    NAME = "name_not_resolved", _("its name has no address")
    REFUSED = "destination_refused", _("its address is not allowed")
    SECRET = "seal_broken", _("the signing secret cannot be read")
    INTERRUPTED = "interrupted", _("the sender was interrupted; the message may have arrived")
