"""What every table of O2O has in common."""

import uuid

import uuid_utils
import uuid_utils.compat
from django.db import models


def uuid7() -> uuid.UUID:
    """Return a UUIDv7 (RFC 9562): unique everywhere, and newer ones sort after older ones."""
    return uuid_utils.compat.uuid7()


def uuid7_text() -> str:
    """Return a new UUIDv7 as a text, for rows that are copied: the object would take most of the time."""
    return str(uuid_utils.uuid7())


class BaseModel(models.Model):
    """A row with a UUIDv7 key and the times of its making and last change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        abstract = True
