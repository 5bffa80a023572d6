"""Files that are refused as a whole."""

from django.utils.translation import gettext_lazy as _

from o2o.kit.errors import InvalidError


class UnreadableFileError(InvalidError):
    """The file is not a table that can be read."""

    code = "unreadable_file"
    title = _("The file cannot be read")


class TooLargeError(UnreadableFileError):
    """The file holds more than one import takes."""

    code = "file_too_large"
    status = 413
    title = _("The file is too large")
