"""Files of people, row by row: which encoding and dialect they have, and readers that never hold a whole file."""

from o2o.imports.reading.errors import TooLargeError, UnreadableFileError

__all__ = ["TooLargeError", "UnreadableFileError"]
