"""States of an import and of its rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BatchState(models.TextChoices):
    """How far an import has come."""

    UPLOADED = "uploaded", _("uploaded")
    PLANNING = "planning", _("being compared")
    PLANNED = "planned", _("ready to apply")
    APPLYING = "applying", _("being applied")
    APPLIED = "applied", _("applied")
    UNDOING = "undoing", _("being undone")
    UNDONE = "undone", _("undone")
    FAILED = "failed", _("not readable")
    CANCELLED = "cancelled", _("cancelled")


class Action(models.TextChoices):
    """What would become of a row."""

    CREATE = "create", _("created")
    CHANGE = "change", _("changed")
    LEAVE = "leave", _("left as it is")
    REJECT = "reject", pgettext_lazy("row", "rejected")


class Outcome(models.TextChoices):
    """What became of a row."""

    APPLIED = "applied", _("applied")
    LEFT = "left", _("left as it was")
    REJECTED = "rejected", pgettext_lazy("row", "rejected")
    UNDONE = "undone", _("undone")
    KEPT = "kept", _("not undone")


#: A job is at work on the file or its rows.
BUSY = (BatchState.PLANNING, BatchState.APPLYING, BatchState.UNDOING)
#: The way of reading the file may still be corrected.
CORRECTABLE = (BatchState.UPLOADED, BatchState.PLANNED, BatchState.FAILED)
