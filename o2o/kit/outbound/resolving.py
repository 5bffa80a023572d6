"""From a host's name to addresses that have been checked, within a time."""

import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from o2o.kit.outbound.addresses import why_not_public
from o2o.kit.outbound.deadline import Deadline
from o2o.kit.outbound.destinations import Destination
from o2o.kit.outbound.errors import (
    DestinationRefusedError,
    NameNotResolvedError,
    OutboundTimeoutError,
    Refusal,
)

Resolver = Callable[[str, int], Sequence[str]]

# The C library's resolver cannot be interrupted. It runs in a thread that is left behind when it is late, and the
# number of those is bounded.
_slots = threading.BoundedSemaphore(64)


def system_resolver(host: str, port: int) -> list[str]:
    """Ask the system for a host's addresses; raise ``socket.gaierror`` where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(
    destination: Destination, *, deadline: Deadline, is_trusted: bool, resolver: Resolver
) -> list[str]:
    """Resolve a destination and check each of its addresses; the caller connects to nothing else.

    One address that is not public refuses them all: a name that points inside and outside is an attack or a
    mistake. Raises ``DestinationRefusedError``, ``NameNotResolvedError`` or ``OutboundTimeoutError``.
    """
    addresses = [destination.host] if destination.is_numeric else _resolved(destination, deadline, resolver)
    for address in [] if is_trusted else addresses:
        if kind := why_not_public(address):
            raise DestinationRefusedError(
                Refusal.ADDRESS,
                _("“%(host)s” points to an address that is not on the internet (%(kind)s).")
                % {"host": destination.host, "kind": kind},
            )
    return addresses


def _resolved(destination: Destination, deadline: Deadline, resolver: Resolver) -> list[str]:
    answer: list[Any] = []

    def ask() -> None:
        try:
            answer.append(list(resolver(destination.host, destination.port)))
        except (OSError, UnicodeError) as error:
            answer.append(error)
        finally:
            _slots.release()

    if not _slots.acquire(timeout=deadline.remaining()):
        raise OutboundTimeoutError(_("Too many names are being looked up at once."))
    thread = threading.Thread(target=ask, name="outbound-resolver", daemon=True)
    thread.start()
    thread.join(deadline.remaining())
    if not answer:
        raise OutboundTimeoutError(_("The name “%(host)s” was not found in time.") % {"host": destination.host})
    if isinstance(answer[0], Exception) or not answer[0]:
        raise NameNotResolvedError(_("The name “%(host)s” has no address.") % {"host": destination.host})
    return list(answer[0])
