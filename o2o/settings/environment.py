"""Where the environment is read, and nowhere else."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()


def secret(name: str, default: str | None = None) -> str:
    """Return a secret from ``NAME``, or from the file that ``NAME_FILE`` names (as container secrets come).

    Raises ``ImproperlyConfigured`` where neither is set and there is no default.
    """
    value = optional_secret(name) or default
    if not value:
        raise ImproperlyConfigured(f"Set {name}, or {name}_FILE to a file that holds it (docs/operations.md).")
    return value


def optional_secret(name: str) -> str:
    """Return a secret as ``secret`` does, or an empty text where there is none."""
    if path := env.str(f"{name}_FILE", default=""):
        return Path(path).read_text(encoding="utf-8").strip()
    return env.str(name, default="")


def service_url(name: str) -> str:
    """Return ``DATABASE_URL``, ``DATABASE_OWNER_URL`` or ``REDIS_URL``, or the embedded server's where it is unset.

    Empty where nothing is configured and no embedded server runs: the first connection then says what to do.
    """
    if service_is_configured(name):
        return secret(name)
    if name == "DATABASE_OWNER_URL" and service_is_configured("DATABASE_URL"):
        return ""
    from o2o.embedded import urls

    running = urls()
    return running.environment().get(name, "") if running else ""


def data_folder() -> Path:
    """Return the folder of the embedded servers, beside whose data uploads lie where nothing else is said."""
    from o2o.embedded.state import default_data_dir

    return default_data_dir()


def service_is_configured(name: str) -> bool:
    """Say whether the environment names the service."""
    return bool(env.str(f"{name}_FILE", default="") or env.str(name, default=""))
