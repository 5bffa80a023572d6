"""Which stores a caller may name. A store of colleagues looks like one that does not exist, so that nothing is told."""

import uuid
from collections.abc import Collection

from django.utils.translation import gettext as _

from channels.stores.models import StockLocation
from o2o.kit.errors import ForbiddenError, UnknownReferenceError
from o2o.tenancy.actor import Actor


def refuse_other_stores(actor: Actor, location_ids: Collection[uuid.UUID | None], *, field: str = "") -> None:
    """Raise ``UnknownReferenceError`` where somebody who is bound to stores names another location, or none that is.

    Asks no query; for those who work everywhere the service finds out what is not there.
    """
    if actor.location_ids is None:
        return
    if strange := {location_id for location_id in location_ids if location_id} - actor.location_ids:
        raise unknown_location(min(strange), field=field)


def require_locations(actor: Actor, location_ids: Collection[uuid.UUID], *, field: str = "") -> None:
    """Raise ``UnknownReferenceError`` for a location that is not there, or not the caller's. At most one query."""
    refuse_other_stores(actor, location_ids, field=field)
    known = set(StockLocation.objects.filter(pk__in=location_ids).values_list("pk", flat=True))
    if missing := set(location_ids) - known:
        raise unknown_location(min(missing), field=field)


def require_work_at(actor: Actor, location_id: uuid.UUID) -> None:
    """Raise ``ForbiddenError`` for an act at the other end of something that the caller sees, such as a transfer."""
    if not actor.may_at(location_id):
        raise ForbiddenError(_("You work in other stores than this one."))


def unknown_location(location_id: uuid.UUID, *, field: str = "") -> UnknownReferenceError:
    """Return the one refusal for locations that are not there and those of others."""
    named = {"field": field} if field else {}
    return UnknownReferenceError(_("There is no location %(id)s.") % {"id": location_id}, **named)
