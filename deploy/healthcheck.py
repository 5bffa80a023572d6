"""What a container's health check runs: `healthcheck.py web`, `healthcheck.py worker` or `healthcheck.py beat`.

Imports neither Django nor Celery, so that a check costs milliseconds.
"""

import http.client
import os
import sys
import time
from pathlib import Path

# A worker touches its file every two seconds, beat writes its schedule at least every three minutes.
WORKER_SECONDS = 60
BEAT_SECONDS = 600


def web(port: int = 8000) -> None:
    """Ask the web server whether it lives, under a name that it answers to."""
    host = next(iter(os.environ.get("ALLOWED_HOSTS", "localhost").split(",")))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    connection.request("GET", "/health/live", headers={"Host": host.lstrip(".*")})
    status = connection.getresponse().status
    if status != http.HTTPStatus.OK:
        sys.exit(f"/health/live answers {status}")


def fresh(path: Path, seconds: float) -> None:
    """Demand that a file was written lately."""
    age = time.time() - path.stat().st_mtime
    if age > seconds:
        sys.exit(f"{path} was last written {age:.0f} s ago")


def worker() -> None:
    """Demand that the worker's loop turns and its broker answers."""
    fresh(Path(os.environ["O2O_ALIVE_FILE"]), WORKER_SECONDS)


def beat() -> None:
    """Demand that the scheduler keeps its schedule."""
    folder = Path(os.environ["O2O_BEAT_SCHEDULE"])
    fresh(max(folder.parent.glob(f"{folder.name}*"), key=lambda path: path.stat().st_mtime), BEAT_SECONDS)


if __name__ == "__main__":
    {"web": web, "worker": worker, "beat": beat}[sys.argv[1]]()
