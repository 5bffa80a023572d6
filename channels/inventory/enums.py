"""Kinds of movements and states of everything that holds or moves stock."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MovementKind(models.TextChoices):
    """What moved stock, or what it was promised to."""

    RECEIVED = "received", _("received")
    ALLOCATED = "allocated", _("allocated")
    SHIPPED = "shipped", _("left the store")
    RELEASED = "released", _("released")
    ADJUSTED = "adjusted", _("adjusted")
    TRANSFERRED = "transferred", _("transferred")
    RETURNED = "returned", _("returned")


class MovementReason(models.TextChoices):
    """Why stock was adjusted or moved."""

    PURCHASE = "purchase", _("delivery by a supplier")
    PRODUCTION = "production", _("made on site")
    SALE = "sale", _("sale")
    CANCELLATION = "cancellation", _("cancelled order")
    REJECTION = "rejection", _("rejected by the store")
    RETURN = "return", _("return")
    COUNT = "count", _("stock count")
    DAMAGE = "damage", _("damaged")
    SPOILAGE = "spoilage", _("spoiled or past its date")
    LOSS = "loss", _("lost or stolen")
    TRANSFER = "transfer", _("transfer")
    IMPORT = "import", _("import")
    CORRECTION = "correction", _("correction")
    OTHER = "other", _("other")


class HoldState(models.TextChoices):
    """What became of a hold."""

    ACTIVE = "active", _("active")
    ALLOCATED = "allocated", _("became an order")
    RELEASED = "released", _("released")
    EXPIRED = "expired", _("expired")


class AllocationState(models.TextChoices):
    """What became of units that are promised to an order."""

    ACTIVE = "active", _("promised")
    SHIPPED = "shipped", _("handed over")
    RELEASED = "released", _("released")


class TransferState(models.TextChoices):
    """How far a transfer has come."""

    REQUESTED = "requested", _("requested")
    SHIPPED = "shipped", _("on its way")
    RECEIVED = "received", _("received")
    RETURNED = "returned", _("taken back")
    CANCELLED = "cancelled", _("cancelled")


class CountState(models.TextChoices):
    """How far a stock count has come."""

    OPEN = "open", _("being counted")
    REVIEW = "review", _("in review")
    POSTED = "posted", _("posted")
    CANCELLED = "cancelled", _("cancelled")
