"""Refusals that several services of imports share."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from o2o.imports.columns import Column
from o2o.imports.models import ImportBatch
from o2o.imports.reading.errors import UnreadableFileError
from o2o.kit.errors import DomainError, NotFoundError


class BatchStateError(DomainError):
    """The import is in a state from which this is not possible, or somebody else was first."""

    code = "import_state"
    title = gettext_lazy("The import cannot do this now")


class MissingColumnsError(UnreadableFileError):
    """Columns that the kind of import needs were not found in the file."""

    code = "missing_columns"
    title = gettext_lazy("Columns are missing")


def batch_missing(batch_id: object) -> NotFoundError:
    """Return the error for an import that is not there, or not for the caller."""
    return NotFoundError(_("There is no import %(id)s.") % {"id": batch_id})


def wrong_state(batch: ImportBatch) -> BatchStateError:
    """Return the error for an import in the wrong state."""
    return BatchStateError(
        _("The import “%(file)s” is in the state “%(state)s”, in which this is not possible.")
        % {"file": batch.file_name, "state": batch.get_state_display()},
        state=batch.state,
    )


def missing_columns(missing: Sequence[Column], headers: Sequence[str]) -> MissingColumnsError:
    """Return the error for columns that were not found, with what was found instead."""
    names = ", ".join(str(column.label) for column in missing)
    found = ", ".join(header for header in headers if header)[:500]
    return MissingColumnsError(
        _("The file lacks these columns: %(names)s. Found: %(found)s. Rename a header, or say which column it is.")
        % {"names": names, "found": found or "–"},
        missing=[column.name for column in missing],
    )
