"""``manage.py messages``: bring the catalogue of texts up to date, or check it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from o2o.console import catalogue


class Command(BaseCommand):
    """Collects the texts of the tree into ``locale/``; with ``--check`` only says what lacks Chinese."""

    help = "Collect the texts of Python and templates into locale/; --check fails where one has no Chinese."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail where a text lacks Chinese.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check:
            catalogue.write_catalogue(catalogue.updated_catalogue())
            catalogue.compile_if_stale()
        wrong = catalogue.faults()
        for line in wrong:
            self.stdout.write(line)
        if wrong and check:
            raise CommandError(f"{len(wrong)} texts are wrong; run `manage.py messages` and translate them in locale/.")
        self.stdout.write(f"{len(wrong)} texts to translate" if wrong else "every text has its Chinese")
