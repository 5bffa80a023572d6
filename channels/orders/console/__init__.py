"""Routing rules and times to accept, on screen."""

# isort: off
from channels.orders.console import acceptance, rules, rule_pages

__all__ = ["acceptance", "rule_pages", "rules"]
