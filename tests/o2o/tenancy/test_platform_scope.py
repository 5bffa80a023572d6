"""Where the walls are opened: every place is known and has a reason."""

import ast
from pathlib import Path

from django.conf import settings

OPENERS = {"platform_transaction", "ask_platform", "scopes_disabled"}

# file → why it must see all merchants
ALLOWED = {
    "o2o/events/relay.py": "publishes the events of all merchants, partition by partition",
    "o2o/events/claims.py": "claims deliveries of all merchants; each is then made in the scope of its own",
    "o2o/events/sweep.py": "finds which partitions have work left",
    "o2o/kit/jobs/running.py": "finds the jobs that nobody runs",
    "o2o/events/retention.py": "removes what was delivered long ago",
    "o2o/events/webhooks/claiming.py": "claims the messages of all merchants in turn, a few per endpoint",
    "o2o/events/webhooks/recording.py": "records what came of messages of all merchants together",
    "o2o/events/webhooks/pruning.py": "removes the log of what was settled long ago",
    "o2o/console/admission.py": "the operators' site",
    "o2o/events/idempotency/services.py": "purges expired answers",
    "o2o/api/metrics.py": "gauges count over the whole platform, for the operators",
    "o2o/api/services.py": "invariants are asked over all merchants",
    "o2o/accounts/api/oauth.py": "a client names itself before its merchant is known",
    "o2o/accounts/selectors.py": "which client holds a token, before its merchant is known",
    "o2o/accounts/management/commands/create_merchant.py": "an operator makes a merchant",
    "o2o/tenancy/scope.py": "defines it",
    "o2o/tenancy/selectors.py": "which merchants a person belongs to, before one is chosen",
}


def places() -> dict[str, set[str]]:
    """Return, for each source file, the names of the calls in it that open the walls."""
    found: dict[str, set[str]] = {}
    for file in sorted(Path(settings.BASE_DIR).glob("*/**/*.py")):
        relative = file.relative_to(settings.BASE_DIR)
        if relative.parts[0] in {"tests", ".venv", "bench"} or "migrations" in relative.parts:
            continue
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute | ast.Name)
        }
        if opened := names & OPENERS:
            found[str(relative)] = opened
    return found


def test_each_place_that_opens_the_walls_has_a_reason() -> None:
    assert set(places()) == set(ALLOWED)
