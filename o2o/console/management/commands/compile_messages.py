"""``manage.py compile_messages``: compile the translations, without gettext's tools."""

from typing import Any

from django.core.management.base import BaseCommand

from o2o.console import catalogue


class Command(BaseCommand):
    """Compiles ``locale/``; every start does it as well, where it can write."""

    help = "Compile the translations in locale/ (an image is built with this; elsewhere each start does it)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("compiled" if catalogue.compile_if_stale() else "up to date")
