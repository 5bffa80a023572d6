"""Invitations, API clients and people, on screen. The palette lists them in the order of import."""

# isort: off
from o2o.accounts.console import invitations, api_clients, people

__all__ = ["api_clients", "invitations", "people"]
