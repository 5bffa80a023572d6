"""The one table of who may do what, used by the API, the console and the tablet alike.

A capability reads ``thing:act``. Roles are sets of capabilities; an API client is granted some of ``CLIENT_SCOPES``,
which are capabilities too, so that one check serves both.
"""

from collections.abc import Mapping
from enum import StrEnum

from o2o.tenancy.enums import Role


class Capability(StrEnum):
    """Something that a route, page or button can demand."""

    MERCHANT_READ = "merchant:read"
    MERCHANT_WRITE = "merchant:write"
    STAFF_READ = "staff:read"
    STAFF_WRITE = "staff:write"
    API_CLIENTS_READ = "api_clients:read"
    API_CLIENTS_WRITE = "api_clients:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    EVENTS_READ = "events:read"
    AUDIT_READ = "audit:read"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    IMPORTS_READ = "imports:read"
    IMPORTS_WRITE = "imports:write"
    CHANNELS_READ = "channels:read"
    CHANNELS_WRITE = "channels:write"
    CATALOG_READ = "catalog:read"
    CATALOG_WRITE = "catalog:write"
    CATALOG_APPROVE = "catalog:approve"
    STOCK_READ = "stock:read"
    STOCK_WRITE = "stock:write"
    STOCK_COUNT = "stock:count"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    ORDERS_FULFIL = "orders:fulfil"
    CONNECTIONS_READ = "connections:read"
    CONNECTIONS_WRITE = "connections:write"
    PARTNERS_READ = "partners:read"
    PARTNERS_WRITE = "partners:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    MEMBERS_ERASE = "members:erase"
    SEGMENTS_READ = "segments:read"
    SEGMENTS_WRITE = "segments:write"
    LOYALTY_READ = "loyalty:read"
    LOYALTY_WRITE = "loyalty:write"
    CARE_READ = "care:read"
    CARE_WRITE = "care:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    CAMPAIGNS_APPROVE = "campaigns:approve"
    VOUCHERS_READ = "vouchers:read"
    VOUCHERS_WRITE = "vouchers:write"
    VOUCHERS_REDEEM = "vouchers:redeem"
    DEVICES_READ = "devices:read"
    DEVICES_WRITE = "devices:write"
    ANALYTICS_READ = "analytics:read"
    ANALYTICS_WRITE = "analytics:write"


C = Capability
EVERYTHING = frozenset(Capability)
READS = frozenset(capability for capability in Capability if capability.endswith(":read"))
# Keys to the house: who works here, which programs get in, where data is sent.
KEYS = frozenset(
    {C.STAFF_READ, C.STAFF_WRITE, C.API_CLIENTS_READ, C.API_CLIENTS_WRITE, C.WEBHOOKS_READ, C.WEBHOOKS_WRITE}
)
STORE = frozenset(
    {
        C.MERCHANT_READ, C.CHANNELS_READ, C.CATALOG_READ, C.STOCK_READ, C.STOCK_COUNT, C.ORDERS_READ,
        C.ORDERS_FULFIL, C.MEMBERS_READ, C.LOYALTY_READ, C.VOUCHERS_READ, C.VOUCHERS_REDEEM, C.CARE_READ,
    }
)  # fmt: skip

ROLE_CAPABILITIES: Mapping[Role, frozenset[Capability]] = {
    Role.OWNER: EVERYTHING,
    Role.AUDITOR: READS,
    Role.ANALYST: (READS - KEYS - {C.AUDIT_READ, C.CONNECTIONS_READ}) | {C.ANALYTICS_WRITE, C.SEGMENTS_WRITE},
    Role.OPERATIONS: (READS - KEYS)
    | {
        C.STAFF_READ, C.WEBHOOKS_READ, C.JOBS_WRITE, C.IMPORTS_WRITE, C.CHANNELS_WRITE, C.CATALOG_WRITE,
        C.CATALOG_APPROVE, C.STOCK_WRITE, C.STOCK_COUNT, C.ORDERS_WRITE, C.ORDERS_FULFIL, C.CONNECTIONS_WRITE,
        C.PARTNERS_WRITE, C.CARE_WRITE, C.DEVICES_WRITE,
    },
    Role.MARKETING: (READS - KEYS - {C.AUDIT_READ, C.CONNECTIONS_READ})
    | {
        C.JOBS_WRITE, C.IMPORTS_WRITE, C.MEMBERS_WRITE, C.SEGMENTS_WRITE, C.LOYALTY_WRITE, C.CARE_WRITE,
        C.CAMPAIGNS_WRITE, C.VOUCHERS_WRITE,
    },
    Role.STORE_MANAGER: STORE
    | {
        C.STOCK_WRITE, C.ORDERS_WRITE, C.DEVICES_READ, C.CARE_WRITE, C.ANALYTICS_READ, C.IMPORTS_READ, C.IMPORTS_WRITE,
    },
    Role.CLERK: STORE,
}  # fmt: skip

# Programs act for the business, never on its staff, clients or audit trail, and approve nothing.
CLIENT_SCOPES = EVERYTHING - {
    C.STAFF_READ, C.STAFF_WRITE, C.API_CLIENTS_READ, C.API_CLIENTS_WRITE, C.AUDIT_READ, C.MEMBERS_ERASE,
    C.CAMPAIGNS_APPROVE, C.CATALOG_APPROVE,
}  # fmt: skip
