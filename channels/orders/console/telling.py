"""What the timeline, the payments and the routing say, in words for a page."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels.orders.enums import UnroutedQueue
from channels.orders.explaining import sentence
from o2o.kit.money import Money

SHOWN_NAMES = 4

PAID_BY: Mapping[str, str | Promise] = {
    "wechat_pay": gettext_lazy("WeChat Pay"),
    "alipay": gettext_lazy("Alipay"),
    "card": gettext_lazy("card"),
    "cash": gettext_lazy("cash"),
    "other": gettext_lazy("otherwise"),
}

CAUSES: Mapping[str, str | Promise] = {
    "placed": gettext_lazy("the order came in"),
    "rejected": gettext_lazy("a store refused it"),
    "tried again": gettext_lazy("it waited and was tried again"),
    "changed by the channel": gettext_lazy("the channel changed it"),
    "by hand": gettext_lazy("somebody asked for it"),
}


def paid_by(method: str) -> str:
    """Return the name of a way to pay; one that is not known by the name that the channel gave it."""
    return str(PAID_BY.get(method, method))


def cause_of(cause: str) -> str:
    """Return why an order was routed."""
    return str(CAUSES.get(cause, cause)) or "–"


def told(details: Mapping[str, Any], currency: str) -> str:
    """Return the details of an entry as short text; ids are left out, since the page shows what they name."""
    parts = (_part(name, value, currency) for name, value in details.items())
    return ", ".join(part for part in parts if part)


def grouped(verdicts: Sequence[Mapping[str, Any]], *, limit: int) -> list[tuple[str, str]]:
    """Return names of candidates with what is said of them; those of which the same is said share a row."""
    names: dict[str, list[str]] = {}
    for verdict in verdicts:
        names.setdefault(sentence(verdict), []).append(str(verdict.get("name", "")))
    return [(_some(found), text) for text, found in names.items()][:limit]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN_NAMES])
    more = len(names) - SHOWN_NAMES
    return shown if more <= 0 else _("%(names)s and %(count)s more") % {"names": shown, "count": more}


def _part(name: str, value: Any, currency: str) -> str:
    tell = TELLERS.get(name)
    if tell is not None:
        return tell(value, currency)
    return "" if name == "currency" or name.endswith("_id") else f"{name.replace('_', ' ')}: {value}"


def _amount(value: Any, currency: str) -> str:
    return str(Money.rounded(Decimal(str(value)), currency))


def _units(value: Any, _currency: str) -> str:
    return ngettext("%(units)s unit", "%(units)s units", int(value)) % {"units": value}


def _queue(value: Any, _currency: str) -> str:
    return str(UnroutedQueue(value).label) if value in UnroutedQueue.values else str(value)


def _version(value: Any, _currency: str) -> str:
    return _("version %(version)s") % {"version": value}


def _until(value: Any, _currency: str) -> str:
    moment = parse_datetime(str(value))
    return (
        str(value)
        if moment is None
        else _("until %(time)s") % {"time": date_format(localtime(moment), "DATETIME_FORMAT")}
    )


TELLERS: Mapping[str, Callable[[Any, str], str]] = {
    "total": _amount,
    "amount": _amount,
    "method": lambda value, _currency: paid_by(str(value)),
    "units": _units,
    "queue": _queue,
    "version": _version,
    "until": _until,
    "text": lambda value, _currency: str(value),
    "number": lambda value, _currency: str(value),
}
