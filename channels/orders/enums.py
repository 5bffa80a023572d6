"""States of orders, fulfilments and returns, and what can stand in a timeline."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class OrderState(models.TextChoices):
    """Whether anything remains to be done for an order."""

    OPEN = "open", _("open")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")


class PaymentState(models.TextChoices):
    """How the payments of an order stand against its total; it follows from them."""

    UNPAID = "unpaid", _("unpaid")
    PARTIALLY_PAID = "partially_paid", _("partly paid")
    PAID = "paid", _("paid")
    PARTIALLY_REFUNDED = "partially_refunded", _("partly refunded")
    REFUNDED = "refunded", _("refunded")


class PaymentKind(models.TextChoices):
    """Which way the money went."""

    PAYMENT = "payment", _("payment")
    REFUND = "refund", _("refund")


class AdjustmentKind(models.TextChoices):
    """What lowered (or raised) the price of a line."""

    PROMOTION = "promotion", _("promotion")
    VOUCHER = "voucher", _("coupon")
    POINTS = "points", _("points")
    MANUAL = "manual", _("by hand")


class FulfillmentState(models.TextChoices):
    """How far a location has come with its part of an order."""

    OPEN = "open", _("open")
    ACCEPTED = "accepted", pgettext_lazy("order", "accepted")
    READY = "ready", _("ready")
    HANDED_OVER = "handed_over", _("handed over")
    SHIPPED = "shipped", _("shipped")
    CLOSED = "closed", _("closed")
    REJECTED = "rejected", _("rejected")
    CANCELLED = "cancelled", _("cancelled")


class RejectionReason(models.TextChoices):
    """Why a store does not fulfil."""

    NOT_FOUND = "not_found", _("cannot find it")
    DAMAGED = "damaged", _("damaged")
    SOLD_OUT = "sold_out", _("sold out")
    TOO_BUSY = "too_busy", _("too busy")
    CLOSED = "closed", _("closed")
    EXPIRED = "expired", _("nobody answered in time")
    OTHER = "other", _("other")


class StockEffect(models.TextChoices):
    """What a rejection says about the stock of the store."""

    NONE = "none", _("the stock is right")
    THIS_UNIT = "this_unit", _("these units are gone")
    WHOLE_VARIANT = "whole_variant", _("none of it is left: zero, and count")


class UnroutedQueue(models.TextChoices):
    """Where lines wait that no location can fulfil now."""

    NO_STOCK = "no_stock", _("no stock")
    NO_LOCATION_SERVES = "no_location_serves", _("no location serves the channel")
    ALL_EXCLUDED = "all_excluded", _("every location has refused")
    TOO_FAR = "too_far", _("too far away")
    CLOSED = "closed", _("closed")
    CAPACITY = "capacity", _("no capacity left")
    UNKNOWN_ITEM = "unknown_item", _("unknown item")


class ReplayPeriod(models.IntegerChoices):
    """Of how many days a rule on trial decides the orders again."""

    WEEK = 7, _("7 days")
    MONTH = 30, _("30 days")
    QUARTER = 90, _("90 days")


class ReplayStanding(models.TextChoices):
    """How a rule that was tried stands to the rules as they are now."""

    UNSAVED = "unsaved", _("not saved")
    CURRENT = "current", _("as it is saved now")
    CHANGED = "changed", _("tried before the last change of the rule")
    OTHERS_CHANGED = "others_changed", _("tried before other rules changed")


class ReturnState(models.TextChoices):
    """How far a return has come."""

    REQUESTED = "requested", _("requested")
    APPROVED = "approved", _("approved")
    RECEIVED = "received", _("received")
    REFUNDED = "refunded", _("refunded")
    REFUSED = "refused", _("refused")


class Disposition(models.TextChoices):
    """What becomes of returned goods."""

    RESTOCK = "restock", _("back on the shelf")
    DAMAGED = "damaged", _("damaged")
    WRITE_OFF = "write_off", _("written off")


class TimelineKind(models.TextChoices):
    """What happened to an order."""

    PLACED = "placed", _("placed")
    UPDATED = "updated", _("changed by the channel")
    OUTDATED = "outdated", _("outdated message left aside")
    PAID = "paid", _("payment")
    ROUTED = "routed", _("routed")
    UNROUTED = "unrouted", _("waits for a location")
    REMINDED = "reminded", _("store reminded")
    ESCALATED = "escalated", _("passed to the backup store")
    ACCEPTED = "accepted", pgettext_lazy("order", "accepted")
    REJECTED = "rejected", _("rejected")
    READY = "ready", _("ready")
    HANDED_OVER = "handed_over", _("handed over")
    SHIPPED = "shipped", _("shipped")
    PICKUP_REMINDED = "pickup_reminded", _("customer reminded of the pickup")
    PICKUP_EXTENDED = "pickup_extended", _("pickup extended")
    PICKUP_RELEASED = "pickup_released", _("pickup released")
    CANCELLED = "cancelled", _("cancelled")
    RETURN_REQUESTED = "return_requested", _("return requested")
    RETURN_APPROVED = "return_approved", _("return approved")
    RETURN_REFUSED = "return_refused", _("return refused")
    RETURN_RECEIVED = "return_received", _("return received")
    REFUNDED = "refunded", _("refunded")
    NOTE = "note", _("note")
    COMPLETED = "completed", _("completed")
