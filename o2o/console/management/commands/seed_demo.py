"""``manage.py seed_demo``: load the demonstration; ``up --seed`` calls it."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from o2o.console.demo import PASSWORD, load_demo, logins


class Command(BaseCommand):
    """Loads two chains with people in every role. It may be run again: what is there stays."""

    help = "Load the demonstration: two chains, people in every role, and what the apps add. May be run again."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.O2O_DEMO:
            raise CommandError("The demonstration has public passwords; set O2O_DEMO=true where that is wanted.")
        with translation.override("en"):
            for line in load_demo():
                self.stdout.write(line)
            rows = logins()
        self.stdout.write(
            f"\nhttp://127.0.0.1:{os.environ.get('PORT', '8000')}/  password of everybody: {PASSWORD}\n\n"
        )
        for merchant, role, name, email in rows:
            self.stdout.write(f"  {email:<28} {role:<18} {name}  ({merchant})")
