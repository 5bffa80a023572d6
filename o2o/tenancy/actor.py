"""Who is acting, for which merchant, and what they may do."""

import uuid
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from o2o.kit.errors import ForbiddenError
from o2o.tenancy.capabilities import Capability


class ActorKind(StrEnum):
    """What sort of being is acting."""

    USER = "user"
    CLIENT = "client"
    DEVICE = "device"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated caller in the scope of one merchant.

    ``id`` is that of the user, API client or device; ``location_ids`` is None where every store is open to them.
    """

    kind: ActorKind
    id: uuid.UUID
    label: str
    merchant_id: uuid.UUID
    capabilities: frozenset[Capability]
    location_ids: frozenset[uuid.UUID] | None = None
    role: str = ""

    def may(self, capability: Capability) -> bool:
        """Say whether the capability was granted."""
        return capability in self.capabilities

    def may_at(self, location_id: uuid.UUID) -> bool:
        """Say whether the actor may work at this stock location."""
        return self.location_ids is None or location_id in self.location_ids

    def require(self, capability: Capability) -> None:
        """Raise ``ForbiddenError`` unless the capability was granted."""
        if not self.may(capability):
            raise ForbiddenError(
                _("This needs the permission “%(capability)s”. Ask an owner for it.")
                % {"capability": capability.value},
                capability=capability.value,
            )
