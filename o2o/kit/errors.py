"""Errors that a caller can act on."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal by the rules of the business, safe to show to whoever asked.

    ``code`` is stable and for programs, ``title`` names the kind of refusal, ``detail`` names the thing, its
    value and the way out. ``status`` is the HTTP status with which the API answers. ``params`` are facts that a
    program may want, such as ``retry_after`` in seconds.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str | Promise] = _("The request was refused")

    def __init__(self, detail: str | Promise = "", **params: Any) -> None:
        super().__init__(str(detail))
        self.detail: str | Promise = detail
        self.params: Mapping[str, Any] = params


class NotFoundError(DomainError):
    """The thing does not exist, or belongs to somebody else, which must look the same."""

    code = "not_found"
    status = 404
    title = _("Not found")


class ForbiddenError(DomainError):
    """The caller is known, but their role or scopes do not allow this."""

    code = "forbidden"
    status = 403
    title = _("Not allowed")


class InvalidError(DomainError):
    """The request contradicts itself or a rule; ``errors`` may list the fields."""

    code = "invalid"
    status = 422
    title = _("The request is not valid")


class UnknownReferenceError(InvalidError):
    """The request names another thing, in its body, that does not exist or belongs to somebody else."""

    code = "unknown_reference"
    title = _("The request names something that is not there")


class UnavailableError(DomainError):
    """Something that is needed does not answer; trying again later helps."""

    code = "unavailable"
    status = 503
    title = _("Temporarily unavailable")
