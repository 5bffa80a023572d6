"""Who receives the goods: sealed in the database, and shown only where an order is read on its own."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from o2o.kit.sealing import SealBrokenError, seal, unseal

PURPOSE = "orders.recipient"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person and their address; what is not known is empty."""

    name: str = ""
    phone: str = ""
    country: str = ""
    region: str = ""
    city: str = ""
    postal_code: str = ""
    street: str = ""

    def sealed(self) -> str:
        """Return the recipient as it is stored; nothing for nobody."""
        known = {name: value for name, value in asdict(self).items() if value}
        return seal(json.dumps(known, ensure_ascii=False), purpose=PURPOSE) if known else ""

    def shown(self) -> list[tuple[str | Promise, str]]:
        """Return what is known, in words for a page."""
        address = " ".join(filter(None, (self.postal_code, self.region, self.city, self.street, self.country)))
        facts = ((_("Recipient"), self.name), (_("Telephone"), self.phone), (_("Address"), address))
        return [(term, value) for term, value in facts if value]


def recipient_of(order: Any) -> Recipient:
    """Return the recipient of an order; an empty one where there is none, or no known key opens it."""
    if not order.recipient:
        return Recipient()
    try:
        known = json.loads(unseal(order.recipient, purpose=PURPOSE))
    except SealBrokenError:
        return Recipient()
    return Recipient(**{name: known.get(name, "") for name in Recipient.__dataclass_fields__})
