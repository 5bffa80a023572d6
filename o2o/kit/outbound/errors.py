"""Why a request to the outside world was not sent, or got no answer."""

from enum import StrEnum
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from o2o.kit.errors import DomainError


class Refusal(StrEnum):
    """What is wrong with a destination."""

    MALFORMED = "malformed"
    SCHEME = "scheme"
    CREDENTIALS = "credentials"
    PORT = "port"
    HOST = "host"
    ADDRESS = "address"


class OutboundError(DomainError):
    """A request to another server brought no answer."""

    code = "outbound_failed"
    status = 502
    title: ClassVar[str | Promise] = _("The other server did not answer")


class DestinationRefusedError(OutboundError):
    """The address is not one that this installation may send to; nothing was sent."""

    code = "destination_refused"
    status = 422
    title = _("This address is not allowed")

    def __init__(self, reason: Refusal, detail: str | Promise) -> None:
        super().__init__(detail, reason=reason.value)
        self.reason = reason


class NameNotResolvedError(OutboundError):
    """The host's name has no address."""

    code = "name_not_resolved"


class OutboundConnectionError(OutboundError):
    """The connection was refused, broken off, or did not speak HTTP or TLS as it should."""

    code = "connection_failed"


class OutboundTimeoutError(OutboundError):
    """The answer was not complete when the time for the whole exchange was over."""

    code = "outbound_timeout"
    status = 504
