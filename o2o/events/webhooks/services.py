"""Endpoints: made, changed, switched on and off, given new secrets."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from o2o.events.webhooks.enums import DisabledReason
from o2o.events.webhooks.fanout import ring_dispatcher
from o2o.events.webhooks.messages import LATEST
from o2o.events.webhooks.models import WebhookAttempt, WebhookEndpoint
from o2o.events.webhooks.signing import new_entry, rotated
from o2o.kit.errors import DomainError, InvalidError, NotFoundError
from o2o.kit.locks import lock_rows
from o2o.kit.outbound import DestinationPolicy

OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=7)
MOST_ENDPOINTS = 50
MOST_EVENT_TYPES = 100
EVENT_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\*)?")


class TooManyEndpointsError(DomainError):
    """A merchant has as many endpoints as it may."""

    code = "too_many_webhook_endpoints"
    title = _("There are too many webhook endpoints")


@dataclass(frozen=True, slots=True)
class EndpointWithSecret:
    """An endpoint, and the new signing secret that is shown this once."""

    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


def create_endpoint(*, url: str, event_types: Sequence[str], at: datetime, description: str = "") -> EndpointWithSecret:
    """Make an endpoint that is on, pinned to the present API version, with a new secret.

    Raises ``DestinationRefusedError``, ``InvalidError`` for an event type, or ``TooManyEndpointsError``.
    """
    # Two at once may pass the limit by one, which harms nobody.
    if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
        raise TooManyEndpointsError(
            _("%(count)s endpoints are the most; delete one first.") % {"count": MOST_ENDPOINTS}
        )
    entry, secret = new_entry(at=at)
    endpoint = WebhookEndpoint.objects.create(
        url=checked_url(url),
        event_types=checked_event_types(event_types),
        description=description,
        api_version=LATEST,
        secrets=[entry],
    )
    return EndpointWithSecret(endpoint, secret)


def update_endpoint(
    *,
    endpoint_id: uuid.UUID,
    at: datetime,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    description: str | None = None,
    is_enabled: bool | None = None,
) -> WebhookEndpoint:
    """Change what is given and leave the rest.

    A new address, or switching on, wipes the record of failures. While it is off by hand, messages that wait are
    kept and no new ones are made; they go out when it is on again. Raises as ``create_endpoint``, or ``NotFoundError``.
    """
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        if url is not None and url != endpoint.url:
            endpoint.url = checked_url(url)
            endpoint.last_success_at = None
            _forget_failures(endpoint)
        if event_types is not None:
            endpoint.event_types = checked_event_types(event_types)
        if description is not None:
            endpoint.description = description
        if is_enabled is not None and is_enabled != endpoint.is_enabled:
            _switch(endpoint, is_enabled, at)
        endpoint.save()
        return endpoint


def delete_endpoint(*, endpoint_id: uuid.UUID) -> None:
    """Remove an endpoint with its deliveries and their log. Raises ``NotFoundError``."""
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        WebhookAttempt.objects.filter(delivery__endpoint=endpoint).delete()
        with connection.cursor() as cursor:
            # Django would first read every delivery to look for what refers to it; nothing is left that does.
            cursor.execute("DELETE FROM events_webhookdelivery WHERE endpoint_id = %s", [endpoint.pk])
        endpoint.delete()


def rotate_secret(*, endpoint_id: uuid.UUID, at: datetime, overlap: timedelta = OVERLAP) -> EndpointWithSecret:
    """Give an endpoint a new secret; the present one signs beside it for ``overlap``, then ends.

    With no overlap the old one ends now, as after a leak. Raises ``NotFoundError`` or ``InvalidError``.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise InvalidError(_("The old secret can stay valid for seven days at most."))
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        entry, secret = new_entry(at=at)
        endpoint.secrets = rotated(endpoint.secrets, new=entry, at=at, until=at + overlap)
        endpoint.secret_rotated_at = at
        endpoint.save(update_fields=["secrets", "secret_rotated_at", "updated_at"])
        return EndpointWithSecret(endpoint, secret)


def checked_url(url: str) -> str:
    """Return the address in its normal form, or raise ``DestinationRefusedError``."""
    return DestinationPolicy.from_settings().check(url.strip()).url


def checked_event_types(event_types: Sequence[str]) -> list[str]:
    """Return the types without repetitions, sorted; raise ``InvalidError`` for one that is not a type or prefix."""
    for event_type in event_types:
        if not (len(event_type) <= 80 and EVENT_TYPE.fullmatch(event_type)):
            raise InvalidError(
                _("“%(type)s” is not a type of event; write one such as order.placed, or a prefix such as order.*")
                % {"type": event_type}
            )
    found = sorted(set(event_types))
    if len(found) > MOST_EVENT_TYPES:
        raise InvalidError(_("%(count)s types are the most; use prefixes.") % {"count": MOST_EVENT_TYPES})
    return found


def _locked(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    found = lock_rows(WebhookEndpoint.objects.filter(pk=endpoint_id))
    if not found:
        raise NotFoundError(_("There is no such endpoint."))
    return found[0]


def _switch(endpoint: WebhookEndpoint, is_enabled: bool, at: datetime) -> None:
    endpoint.is_enabled = is_enabled
    endpoint.disabled_reason = "" if is_enabled else DisabledReason.BY_STAFF
    endpoint.disabled_at = None if is_enabled else at
    if is_enabled:
        _forget_failures(endpoint)
        transaction.on_commit(ring_dispatcher, robust=True)


def _forget_failures(endpoint: WebhookEndpoint) -> None:
    endpoint.failing_since, endpoint.consecutive_failures = None, 0
    endpoint.average_milliseconds = None
