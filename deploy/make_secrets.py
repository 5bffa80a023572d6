"""Make the secrets of a new installation: `python3 deploy/make_secrets.py`. Existing ones stay as they are.

The folder is closed to others (0700). The files in it are readable, because the containers read them as users of
their own, and file permissions are all that a mounted secret has.
"""

import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "secrets"
PASSWORDS = ("postgres_password", "owner_password", "app_password", "broker_password", "cache_password")
RANDOM = ("secret_key", "metrics_token", *PASSWORDS)


def addresses(value: dict[str, str]) -> dict[str, str]:
    """Return the addresses that the services use, made from the passwords."""
    return {
        "database_url": f"postgres://o2o_app:{value['app_password']}@pgbouncer:6432/o2o",
        "database_owner_url": f"postgres://o2o_owner:{value['owner_password']}@postgres:5432/o2o",
        "database_admin_url": f"postgres://postgres:{value['postgres_password']}@postgres:5432/postgres",
        "broker_url": f"redis://:{value['broker_password']}@broker:6379/0",
        "cache_url": f"redis://:{value['cache_password']}@cache:6379/0",
    }


def main(folder: Path = FOLDER) -> int:
    """Write what is missing; passwords first, then the addresses that contain them."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    for name in RANDOM:
        # Only letters, digits, - and _: nothing that an address or a configuration file would need to escape.
        write(folder / name, secrets.token_urlsafe(48))
    values = {name: (folder / name).read_text(encoding="utf-8").strip() for name in RANDOM}
    for name, address in addresses(values).items():
        write(folder / name, address)
    for name in ("email_password", "secret_key_fallbacks"):
        write(folder / name, "")
    return 0


def write(path: Path, content: str) -> None:
    """Write a file unless it is there."""
    if path.exists():
        print(f"kept {path.name}")
        return
    path.write_text(content + "\n", encoding="utf-8")
    path.chmod(0o444)
    print(f"made {path.name}")


if __name__ == "__main__":
    sys.exit(main())
