"""Imports on screen: what can be imported, the preview, the progress, the result."""

from o2o.imports.console import batches, files, steps, uploading

__all__ = ["batches", "files", "steps", "uploading"]
