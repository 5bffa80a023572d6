import getpass
import os
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from o2o.accounts.models import User
from o2o.accounts.services.invitations import create_person, has_account

PASSWORD_VARIABLE = "O2O_OPERATOR_PASSWORD"  # noqa: S105


class Command(BaseCommand):
    """Open an account for an operator of the platform, who sees all merchants at ``/platform/``."""

    help = f"Create a platform operator. The password is asked for, or read from {PASSWORD_VARIABLE}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        password = os.environ.get(PASSWORD_VARIABLE) or self._asked()
        try:
            validate_email(email)
            validate_password(password, User(email=email, name=options["name"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if has_account(email):
            raise CommandError(f"{email} has an account already; use another address for the operator.")
        with transaction.atomic():
            create_person(email=email, name=options["name"], password=password, is_operator=True)
        self.stdout.write(f"{email} can sign in now and should set up a second factor at /account/2fa/.")

    @staticmethod
    def _asked() -> str:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Password (again): ") != password:
            raise CommandError("The two passwords differ.")
        return password
