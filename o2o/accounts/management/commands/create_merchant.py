import os
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from o2o.accounts.services.invitations import invite_first_owner, mail_invitation
from o2o.kit import clock
from o2o.kit.errors import DomainError
from o2o.tenancy.scope import platform_transaction
from o2o.tenancy.services import MerchantDetails, create_merchant


class Command(BaseCommand):
    """Set up a merchant and invite its owner."""

    help = "Create a merchant, mail its owner an invitation and print the link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--owner-email", required=True)
        parser.add_argument("--slug", default="", help="Short name; made from the name where it is left out.")
        parser.add_argument("--currency", default="CNY", help="ISO 4217, such as CNY.")
        parser.add_argument("--time-zone", default="Asia/Shanghai")
        parser.add_argument("--language", default="zh-hans", help="en or zh-hans.")
        parser.add_argument(
            "--site-url",
            default=os.environ.get("SITE_URL", "http://localhost:8000"),
            help="Where the console is served; SITE_URL by default.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        details = MerchantDetails(
            name=options["name"],
            slug=options["slug"],
            currency=options["currency"],
            time_zone=options["time_zone"],
            language=options["language"],
        )
        try:
            validate_email(options["owner_email"])
            with platform_transaction():
                merchant = create_merchant(details=details)
                issued = invite_first_owner(merchant=merchant, email=options["owner_email"], at=clock.now())
                link = mail_invitation(issued=issued, site_url=options["site_url"], at=clock.now())
        except ValidationError as error:
            raise CommandError(f"{options['owner_email']} is not an e-mail address.") from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{merchant.name} ({merchant.slug}) is there. Its owner accepts within seven days at:\n{link}"
        )
