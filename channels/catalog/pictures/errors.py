"""Why a picture is not taken. Each message names the file."""

from django.utils.translation import gettext_lazy as _

from o2o.kit.errors import DomainError


class UnreadablePictureError(DomainError):
    """The file is no picture of a kind that is taken, or it is damaged."""

    code = "unreadable_picture"
    status = 422
    title = _("The file is not a picture that can be read")


class PictureTooLargeError(DomainError):
    """The file has too many bytes or pixels."""

    code = "picture_too_large"
    status = 413
    title = _("The picture is too large")
