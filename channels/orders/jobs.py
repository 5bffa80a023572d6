"""Long work on orders."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.models import RoutingDecision
from channels.orders.services.replaying import REPLAY, SAMPLE, Tally, change_of, compare, first_decisions
from channels.orders.services.routing_plans import check_definition
from o2o.kit.errors import InvalidError
from o2o.kit.jobs import Batch, JobKind, job_kind

ROWS = 200


@job_kind(REPLAY, label=gettext_lazy("Routing rules on past orders"))
class ReplayRules(JobKind):
    """Compare what happened to past orders with what other rules would do. It writes nothing but its result.

    Parameters: ``rules`` (name and definition, in order), ``since`` and ``until`` (RFC 3339; until is not included).
    Result: ``before`` and ``after`` as ``Tally.report`` gives them, how many orders ``changed``, a sample of them in
    ``changes``, and ``skipped``, orders whose decision kept too little to be asked again.
    """

    def total(self, *, parameters: Mapping[str, Any]) -> int | None:
        """Count the orders of the stretch."""
        return _decisions(parameters).count()

    def batch(self, *, parameters: Mapping[str, Any], cursor: Mapping[str, Any] | None, at: datetime) -> Batch:
        """Ask the rules about the next orders, oldest first."""
        rules = [check_definition(rule["definition"], name=rule["name"]) for rule in parameters["rules"]]
        state = dict(cursor or {"changed": 0, "changes": [], "skipped": 0})
        before, after = (Tally.from_json(state[name]) if name in state else Tally() for name in ("before", "after"))
        decisions = _decisions(parameters)
        rows = list(decisions.filter(pk__gt=state["last"])[:ROWS] if "last" in state else decisions[:ROWS])
        for decision in rows:
            outcomes = compare(decision, rules)
            if outcomes is None:
                state["skipped"] += 1
                continue
            before.add(outcomes[0])
            after.add(outcomes[1])
            if outcomes[0].units != outcomes[1].units:
                state["changed"] += 1
                if len(state["changes"]) < SAMPLE:
                    state["changes"] = [*state["changes"], change_of(decision, *outcomes)]
        if len(rows) == ROWS:
            state |= {"last": str(rows[-1].pk), "before": before.to_json(), "after": after.to_json()}
            return Batch(state, done=len(rows))
        figures = {name: state[name] for name in ("changed", "changes", "skipped")}
        return Batch(None, done=len(rows), result={"before": before.report(), "after": after.report(), **figures})


def _decisions(parameters: Mapping[str, Any]) -> QuerySet[RoutingDecision]:
    since, until = (parse_datetime(parameters[name]) for name in ("since", "until"))
    if since is None or until is None:
        raise InvalidError(_("Name the instants “since” and “until”."))
    return first_decisions(since=since, until=until)
