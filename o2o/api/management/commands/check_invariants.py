"""Ask the database what must always hold."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from o2o.api.services import Checked, check_invariants, store_results
from o2o.kit import clock


class Command(BaseCommand):
    """Prints each invariant with its violations; the exit code is 1 where there are any."""

    help = "Ask the database what must always hold, over all merchants. Exit code 1 where something does not."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the names of the invariants to ask; all of them where none is named."""
        parser.add_argument("names", nargs="*", help="Ask only these.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask, print, and raise ``CommandError`` where an invariant is broken or could not be asked."""
        names = frozenset(options["names"])
        results = check_invariants(names=names or None)
        if unknown := names - {result.invariant.name for result in results}:
            raise CommandError(f"There is no invariant {', '.join(sorted(unknown))}.")
        for result in results:
            self._print(result)
        store_results(results=results, at=clock.now())
        broken = sum(not result.holds for result in results)
        if broken:
            raise CommandError(f"{broken} of {len(results)} invariants do not hold.", returncode=1)
        self.stdout.write(self.style.SUCCESS(f"All {len(results)} invariants hold."))

    def _print(self, result: Checked) -> None:
        verdict = "holds" if result.holds else (result.error or f"{result.violations} violations")
        style = self.style.SUCCESS if result.holds else self.style.ERROR
        self.stdout.write(f"{result.invariant.name:<45} {style(verdict)}  ({result.seconds:.2f} s)")
        for row in result.sample:
            self.stdout.write("    " + "  ".join(f"{name}={value}" for name, value in row.items()))
