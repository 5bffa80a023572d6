"""The demonstration of this floor: two chains, their people, a program, a webhook endpoint, an event.

Apps above seed their own rows on top, through ``demo_part`` in their ``demo.py``, which is found by itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction
from django.utils.module_loading import autodiscover_modules

from o2o.accounts.models import ApiClient, User
from o2o.accounts.services import clients, invitations
from o2o.console.admission import platform_rows
from o2o.events import DomainEvent, emit
from o2o.events.webhooks.models import WebhookEndpoint
from o2o.events.webhooks.services import create_endpoint
from o2o.events.webhooks.signing import PURPOSE, active
from o2o.kit.clock import now
from o2o.kit.sealing import unseal
from o2o.tenancy.actor import Actor
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import tenant_scope
from o2o.tenancy.selectors import actor_of
from o2o.tenancy.services import MerchantDetails, create_merchant, join_staff

PASSWORD = "o2o-demo-2026"  # noqa: S105 - printed on purpose, of people who do not exist
OPERATOR = "operator@demo.example"
# ``manage.py demo_receiver`` listens there, which ``up --seed`` runs.
RECEIVER = "http://127.0.0.1:8099/o2o"


@dataclass(frozen=True, kw_only=True)
class DemoLoaded(DomainEvent):
    """The demonstration data of a merchant were loaded."""

    event_type: ClassVar[str] = "demo.loaded"
    aggregate_type: ClassVar[str] = "merchant"

    staff: int


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who can sign in to the demonstration."""

    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class DemoChain:
    """A merchant of the demonstration."""

    details: MerchantDetails
    people: tuple[DemoPerson, ...]
    client: str
    endpoint: str


ADVISER = "adviser@demo.example"
TEA = DemoChain(
    details=MerchantDetails(name="茶屿 Tea Isle", slug="tea-isle", currency="CNY", language="zh-hans"),
    people=(
        DemoPerson("owner@tea.example", "陈屿", Role.OWNER),
        DemoPerson("operations@tea.example", "林晓芸", Role.OPERATIONS),
        DemoPerson("marketing@tea.example", "周嘉怡", Role.MARKETING),
        DemoPerson("analyst@tea.example", "何志远", Role.ANALYST),
        DemoPerson("manager@tea.example", "王建国", Role.STORE_MANAGER),
        DemoPerson("clerk@tea.example", "李小满", Role.CLERK),
        DemoPerson("auditor@tea.example", "赵明", Role.AUDITOR),
        DemoPerson(ADVISER, "Robin Adler", Role.ANALYST),
    ),
    client="门店收银系统 POS",
    endpoint="总部 ERP",
)
GROCER = DemoChain(
    details=MerchantDetails(
        name="Fenwick & Daughters", slug="fenwick", currency="GBP", time_zone="Europe/London", language="en"
    ),
    people=(
        DemoPerson("owner@fenwick.example", "Grace Fenwick", Role.OWNER),
        DemoPerson("operations@fenwick.example", "Tom Okafor", Role.OPERATIONS),
        DemoPerson("marketing@fenwick.example", "Priya Shah", Role.MARKETING),
        DemoPerson("clerk@fenwick.example", "Jack Miller", Role.CLERK),
        DemoPerson(ADVISER, "Robin Adler", Role.OPERATIONS),
    ),
    client="Online shop",
    endpoint="Warehouse system",
)
CHAINS = (TEA, GROCER)

DemoPart = Callable[[Mapping[str, Merchant]], str]
_parts: list[tuple[int, DemoPart]] = []


def demo_part(*, order: int) -> Callable[[DemoPart], DemoPart]:
    """Register what an app adds to the demonstration.

    It is called after the merchants exist, with them by short name, outside any transaction; it may be called again
    over its own rows, and returns a line that says what it did.
    """

    def register(part: DemoPart) -> DemoPart:
        _parts.append((order, part))
        return part

    return register


def load_demo() -> list[str]:
    """Load the demonstration, or what of it is missing; return what was done, line by line."""
    autodiscover_modules("demo")
    merchants: dict[str, Merchant] = {}
    for chain in CHAINS:
        merchants[chain.details.slug] = load_chain(chain)
    if not User.objects.filter(email=OPERATOR).exists():
        with transaction.atomic():
            invitations.create_person(email=OPERATOR, name="Ola Operator", password=PASSWORD, is_operator=True)
    lines = [f"{merchant.name}: people, API client, webhook endpoint" for merchant in merchants.values()]
    return lines + [part(merchants) for _order, part in sorted(_parts, key=lambda entry: entry[0])]


def load_chain(chain: DemoChain) -> Merchant:
    """Load one merchant with its people, program and endpoint, or what of them is missing."""
    with transaction.atomic():
        with platform_rows():
            found = Merchant.objects.filter(slug=chain.details.slug).first()
        merchant = found or create_merchant(details=chain.details)
        for person in chain.people:
            _join(merchant, person, language=chain.details.language)
        with tenant_scope(merchant.pk):
            owner = Membership.objects.select_related("user").filter(role=Role.OWNER, is_active=True).first()
            if owner is not None:
                _equip(chain, actor_of(owner))
    return merchant


def _join(merchant: Merchant, person: DemoPerson, *, language: str) -> None:
    user = User.objects.filter(email=person.email).first()
    if user is None:
        own = "" if person.email == ADVISER else language
        user = invitations.create_person(email=person.email, name=person.name, password=PASSWORD, language=own)
    with tenant_scope(merchant.pk):
        if not Membership.objects.filter(user=user).exists():
            join_staff(user_id=user.pk, role=person.role)


def _equip(chain: DemoChain, owner: Actor) -> None:
    if not ApiClient.objects.exists():
        clients.create_api_client(actor=owner, name=chain.client, scopes=["orders:read", "orders:write", "stock:read"])
    if WebhookEndpoint.objects.exists():
        return
    create_endpoint(url=RECEIVER, event_types=[], at=now(), description=chain.endpoint)
    emit(DemoLoaded(aggregate_id=owner.merchant_id, staff=len(chain.people)))


def receiver_secrets() -> list[str]:
    """Return the secrets that the demonstration's endpoints sign with, for the receiver at their other end."""
    with transaction.atomic(), platform_rows():
        rows = list(WebhookEndpoint.objects.filter(url=RECEIVER).values_list("secrets", flat=True))
    return [unseal(sealed, purpose=PURPOSE) for entries in rows for sealed in active(entries, at=now())]


def logins() -> list[tuple[str, str, str, str]]:
    """Return merchant, role, name and e-mail address of everybody who can sign in to the demonstration."""
    rows = [
        (chain.details.name, str(person.role.label), person.name, person.email)
        for chain in CHAINS
        for person in chain.people
    ]
    return [*rows, ("–", "platform operator", "Ola Operator", OPERATOR)]
