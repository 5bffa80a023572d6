"""Send messages again: the same body under the same id, in a new round of ten tries."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from o2o.events.webhooks.enums import SETTLED, WebhookState
from o2o.events.webhooks.fanout import ring_dispatcher
from o2o.events.webhooks.messages import PING
from o2o.events.webhooks.models import WebhookDelivery, WebhookEndpoint
from o2o.kit.errors import DomainError, InvalidError, NotFoundError

MOST_AT_ONCE = 10_000
LONGEST_RANGE = timedelta(days=31)


class EndpointDisabledError(DomainError):
    """Messages cannot be sent to an endpoint that is switched off."""

    code = "webhook_endpoint_disabled"
    title = _("The endpoint is switched off")


class TestMessageError(DomainError):
    """A test message is not sent again; a new one is sent."""

    code = "webhook_test_message"
    title = _("Test messages are not sent again")
    __test__ = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many messages will be sent again, and whether the range holds more than were taken at once."""

    count: int
    has_more: bool


def replay_delivery(*, delivery_id: uuid.UUID, at: datetime) -> WebhookDelivery:
    """Make one settled message due again and return it; one that is under way stays as it is.

    Raises ``NotFoundError``, ``EndpointDisabledError`` or ``TestMessageError``.
    """
    delivery = WebhookDelivery.objects.select_related("endpoint").filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFoundError(_("There is no such delivery."))
    if delivery.event_type == PING:
        raise TestMessageError(_("Send a new test message instead."))
    _require_enabled(delivery.endpoint)
    _make_due([delivery.pk], at)
    delivery.refresh_from_db()
    return delivery


def replay_range(
    *, endpoint_id: uuid.UUID, since: datetime, until: datetime, at: datetime, includes_delivered: bool = False
) -> Replayed:
    """Make an endpoint's dead and cancelled messages of ``since`` ≤ creation < ``until`` due again, oldest first.

    ``includes_delivered`` takes those that arrived as well, for a receiver that lost its data. At most 10,000 are
    taken at once: repeat while ``has_more``. Raises ``NotFoundError``, ``EndpointDisabledError`` or ``InvalidError``.
    """
    if not timedelta(0) < until - since <= LONGEST_RANGE:
        raise InvalidError(_("Give a range of at most 31 days, with its beginning before its end."))
    endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFoundError(_("There is no such endpoint."))
    _require_enabled(endpoint)
    states = [WebhookState.DEAD, WebhookState.CANCELLED, *([WebhookState.DELIVERED] if includes_delivered else [])]
    wanted = WebhookDelivery.objects.filter(
        endpoint=endpoint, created_at__gte=since, created_at__lt=until, state__in=states
    ).exclude(event_type=PING)
    ids = list(wanted.order_by("created_at", "pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    return Replayed(count=_make_due(ids[:MOST_AT_ONCE], at), has_more=len(ids) > MOST_AT_ONCE)


def _make_due(ids: list[uuid.UUID], at: datetime) -> int:
    made = WebhookDelivery.objects.filter(pk__in=ids, state__in=SETTLED).update(
        state=WebhookState.PENDING, tries=0, next_attempt_at=at, settled_at=None
    )
    if made:
        transaction.on_commit(ring_dispatcher, robust=True)
    return made


def _require_enabled(endpoint: WebhookEndpoint) -> None:
    if not endpoint.is_enabled:
        raise EndpointDisabledError(_("Switch “%(endpoint)s” on first.") % {"endpoint": endpoint})
