from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate

OWNER = "owner"


class Command(DjangoMigrate):
    """Migrate as the role that owns the tables; the application's role may not change them."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=OWNER)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] == OWNER and OWNER not in settings.DATABASES:
            raise CommandError(
                "Set DATABASE_OWNER_URL: migrations run as the role that owns the tables (docs/operations.md)."
            )
        super().handle(*args, **options)
