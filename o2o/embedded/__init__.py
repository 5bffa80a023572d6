"""The PostgreSQL and Valkey that start by themselves where no URL is configured.

Plain Python: nothing here needs Django or its settings. `urls()` tells where servers run already;
`o2o.embedded.services.start` starts them.
"""

from __future__ import annotations

from o2o.embedded.errors import EmbeddedError
from o2o.embedded.running import NOT_RUNNING, EmbeddedUrls, find_running, urls

__all__ = ["NOT_RUNNING", "EmbeddedError", "EmbeddedUrls", "find_running", "urls"]
