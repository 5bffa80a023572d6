"""Which location fulfils an order: a pure function from demand, candidates and rules to a decision.

Nothing here knows Django or a database, so that a decision can be replayed and proved.
"""

from channels.orders.routing.engine import route
from channels.orders.routing.rules import DEFAULT_RULE, Rule, RuleError, parse_rule
from channels.orders.routing.turns import route_in_turn
from channels.orders.routing.types import Candidate, Decision, Demand, DemandLine, Part, Unrouted, Verdict

__all__ = [
    "DEFAULT_RULE",
    "Candidate",
    "Decision",
    "Demand",
    "DemandLine",
    "Part",
    "Rule",
    "RuleError",
    "Unrouted",
    "Verdict",
    "parse_rule",
    "route",
    "route_in_turn",
]
