"""Checks that several services share."""

import re
from collections.abc import Collection
from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import list_currencies
from django.db import models
from django.utils.translation import gettext as _

from o2o.kit.errors import InvalidError, NotFoundError
from o2o.kit.locks import lock_rows

TERRITORIES = frozenset(str(code) for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", str(code)))


def checked_currency(code: str) -> str:
    """Return an ISO 4217 code, or raise ``InvalidError``."""
    if code not in list_currencies():
        raise InvalidError(_("“%(code)s” is not an ISO 4217 currency; write one such as CNY.") % {"code": code},
                           field="currency")  # fmt: skip
    return code


def checked_time_zone(name: str) -> str:
    """Return an IANA name, or raise ``InvalidError``."""
    if name not in available_timezones():
        raise InvalidError(
            _("“%(name)s” is not a time zone; write one such as Asia/Shanghai.") % {"name": name}, field="time_zone"
        )
    return name


def checked_country(code: str) -> str:
    """Return an ISO 3166 code or nothing, or raise ``InvalidError``."""
    if code and code not in TERRITORIES:
        raise InvalidError(_("“%(code)s” is not an ISO 3166 country; write one such as CN.") % {"code": code},
                           field="country")  # fmt: skip
    return code


def checked_choices(values: Collection[str], choices: type[models.TextChoices], *, field: str) -> list[str]:
    """Return the values without repetitions in the order of the choices, or raise ``InvalidError``."""
    if unknown := sorted(set(values) - set(choices.values)):
        raise InvalidError(
            _("“%(value)s” is not known here; choose of: %(known)s.")
            % {"value": unknown[0], "known": ", ".join(choices.values)},
            field=field,
        )
    return [value for value in choices.values if value in values]


def locked(model: type[models.Model], pk: object) -> models.Model:
    """Lock one row and return it, or raise ``NotFoundError``."""
    found = lock_rows(model.objects.filter(pk=pk))  # type: ignore[attr-defined]
    if not found:
        raise NotFoundError(_("There is no %(kind)s %(id)s.") % {"kind": model._meta.verbose_name, "id": pk})
    row: models.Model = found[0]
    return row
