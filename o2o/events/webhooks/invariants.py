"""What must always hold for webhooks."""

from django.utils.translation import gettext_lazy as _

from o2o.events.webhooks.schedule import MOST_TRIES
from o2o.kit.invariants import invariant


@invariant("webhooks.stay_with_their_merchant", _("Each message and attempt belongs to the merchant of its endpoint"))
def stay_with_their_merchant() -> str:
    """Return the query for messages and attempts of one merchant under an endpoint or message of another."""
    return """
        SELECT d.id, d.merchant_id, e.merchant_id AS other FROM events_webhookdelivery d
        JOIN events_webhookendpoint e ON e.id = d.endpoint_id WHERE e.merchant_id <> d.merchant_id
        UNION ALL
        SELECT a.id, a.merchant_id, d.merchant_id FROM events_webhookattempt a
        JOIN events_webhookdelivery d ON d.id = a.delivery_id WHERE d.merchant_id <> a.merchant_id"""


@invariant("webhooks.claims_end", _("No message stays claimed by a dispatcher that is dead"))
def claims_end() -> str:
    """Return the query for messages whose claim ran out five minutes ago and was not taken back."""
    return """
        SELECT id, endpoint_id, claimed_until FROM events_webhookdelivery
        WHERE state = 'sending' AND claimed_until < clock_timestamp() - interval '5 minutes'"""


@invariant("webhooks.tries_are_bounded", _("No message waits for another try after its last"))
def tries_are_bounded() -> str:
    """Return the query for messages that come back for ever."""
    return f"""
        SELECT id, endpoint_id, tries FROM events_webhookdelivery
        WHERE state IN ('pending', 'sending') AND tries > {MOST_TRIES}"""  # noqa: S608 - a constant
