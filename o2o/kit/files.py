"""Uploaded files in a folder of the server, and which of them may be shown to everybody."""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

#: A folder of a thing, a folder of a merchant, and the checksum of what is in the file: nobody can guess or alter it.
PUBLIC_NAME = re.compile(r"[a-z]+/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/[0-9a-f]{64}(?:-[a-z]+)?\.webp", re.ASCII)


class WholeFileStorage(FileSystemStorage):
    """A folder in which a file appears whole or not at all; one of the same name takes the place of what was there.

    Django's own leaves half a file under its name when the process ends or the disk is full.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_overwrite": True, **options})

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(draft, self.file_permissions_mode or 0o644)
            os.replace(draft, path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return name
