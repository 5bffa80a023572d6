"""From the text of a cell to an exact value: numbers, dates, words. Pure; nothing here knows the database."""

from o2o.imports.parsing.errors import CellError, Formats

__all__ = ["CellError", "Formats"]
