"""From where a request came."""

from o2o.kit.addresses import client_address

__all__ = ["client_address"]
