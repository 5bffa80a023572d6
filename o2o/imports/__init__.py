"""Files of people become rows of the business: previewed as a diff, applied in the background, undone if need be.

A kind of import is a class with ``@import_kind`` in an app's ``importers.py``. ``docs/imports.md`` tells how it works
and what a kind must promise. The names below are all that a kind needs.
"""

from o2o.imports.columns import Column, ColumnKind
from o2o.imports.kinds import (
    Applied,
    AppliedRow,
    ExportPage,
    ImportContext,
    ImportKind,
    Plan,
    Row,
    Undone,
    import_kind,
)
from o2o.imports.parsing.numbers import wrong_currency

__all__ = [
    "Applied",
    "AppliedRow",
    "Column",
    "ColumnKind",
    "ExportPage",
    "ImportContext",
    "ImportKind",
    "Plan",
    "Row",
    "Undone",
    "import_kind",
    "wrong_currency",
]
