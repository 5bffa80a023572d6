"""The table of what a fulfilment can do in which state, and the one way in which it changes."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from channels.orders.enums import FulfillmentState
from channels.orders.models import FulfillmentOrder, Order
from channels.stores.enums import FulfillmentMethod
from o2o.kit.errors import DomainError, NotFoundError
from o2o.kit.locks import lock_rows

S, M = FulfillmentState, FulfillmentMethod
ANY_METHOD = frozenset(FulfillmentMethod)
ALWAYS = Q()


class Step(StrEnum):
    """Something that a store does with a fulfilment."""

    ACCEPT = "accept"
    REJECT = "reject"
    MARK_READY = "ready"
    HAND_OVER = "hand_over"
    SHIP = "ship"
    DELIVER = "deliver"
    CLOSE = "close"
    EXTEND_PICKUP = "extend_pickup"


@dataclass(frozen=True, slots=True)
class Rule:
    """In which states a step is possible, for which methods, and where it leads; ``to`` is None where it stays."""

    label: str | Promise
    states: frozenset[FulfillmentState]
    to: FulfillmentState | None
    methods: frozenset[FulfillmentMethod] = field(default=ANY_METHOD)


RULES: Mapping[Step, Rule] = {
    Step.ACCEPT: Rule(pgettext_lazy("step of a fulfilment", "accept"), frozenset({S.OPEN}), S.ACCEPTED),
    Step.REJECT: Rule(
        pgettext_lazy("step of a fulfilment", "reject"), frozenset({S.OPEN, S.ACCEPTED, S.READY}), S.REJECTED
    ),
    Step.MARK_READY: Rule(pgettext_lazy("step of a fulfilment", "mark as ready"), frozenset({S.ACCEPTED}), S.READY),
    Step.HAND_OVER: Rule(
        pgettext_lazy("step of a fulfilment", "hand over"),
        frozenset({S.READY}),
        S.HANDED_OVER,
        frozenset({M.PICKUP, M.IN_STORE}),
    ),
    Step.SHIP: Rule(
        pgettext_lazy("step of a fulfilment", "ship"),
        frozenset({S.ACCEPTED, S.READY}),
        S.SHIPPED,
        frozenset({M.SHIP, M.DELIVER}),
    ),
    Step.DELIVER: Rule(
        pgettext_lazy("step of a fulfilment", "confirm the arrival"),
        frozenset({S.SHIPPED}),
        S.CLOSED,
        frozenset({M.SHIP, M.DELIVER}),
    ),
    Step.CLOSE: Rule(pgettext_lazy("step of a fulfilment", "close"), frozenset({S.HANDED_OVER, S.SHIPPED}), S.CLOSED),
    Step.EXTEND_PICKUP: Rule(
        pgettext_lazy("step of a fulfilment", "extend the pickup"), frozenset({S.READY}), None, frozenset({M.PICKUP})
    ),
}


class FulfillmentStateError(DomainError):
    """A fulfilment is in a state, or of a method, in which the step is not possible."""

    code = "fulfillment_state"
    title = gettext_lazy("The fulfilment cannot do this now")


def possible_steps(fulfillment: FulfillmentOrder) -> list[Step]:
    """Return what a location can do with a fulfilment now; nothing while it waits for a location."""
    if fulfillment.location_id is None:
        return []
    return [
        step
        for step, rule in RULES.items()
        if fulfillment.state in rule.states
        and fulfillment.method in rule.methods
        and not (step is Step.EXTEND_PICKUP and fulfillment.is_pickup_extended)
    ]


def lock_order_of(fulfillment_id: uuid.UUID) -> Order:
    """Lock the order of a fulfilment, so that all that happens to it is in order. Raises ``NotFoundError``."""
    found = lock_rows(Order.objects.filter(pk__in=FulfillmentOrder.objects.filter(pk=fulfillment_id).values("order")))
    if not found:
        raise NotFoundError(_("There is no fulfilment %(id)s.") % {"id": fulfillment_id})
    return found[0]


def claim_order(order_id: uuid.UUID) -> bool:
    """Lock an order unless somebody else has locked it, without waiting; return whether it is ours."""
    free = Order.objects.filter(pk=order_id).select_for_update(skip_locked=True, of=("self",), no_key=True)
    return free.first() is not None


def take_step(
    step: Step, *, fulfillment_id: uuid.UUID, at: datetime, where: Q = ALWAYS, **fields: Any
) -> FulfillmentOrder:
    """Change a fulfilment in one conditional update and return it as it is now.

    Raises ``FulfillmentStateError``, which says what state it is in and what is possible, or ``NotFoundError``.
    """
    rule = RULES[step]
    if rule.to is not None:
        fields["state"] = rule.to
    changed = FulfillmentOrder.objects.filter(
        where, pk=fulfillment_id, state__in=rule.states, method__in=rule.methods, location__isnull=False
    ).update(updated_at=at, **fields)
    fulfillment = get_fulfillment(fulfillment_id)
    if not changed:
        raise refusal(step, fulfillment)
    return fulfillment


def require_possible(step: Step, fulfillment: FulfillmentOrder) -> None:
    """Raise ``FulfillmentStateError`` unless a step is possible; the caller holds the order's lock."""
    if step not in possible_steps(fulfillment):
        raise refusal(step, fulfillment)


def get_fulfillment(fulfillment_id: uuid.UUID) -> FulfillmentOrder:
    """Return a fulfilment with its location. Raises ``NotFoundError``."""
    found: FulfillmentOrder | None = (
        FulfillmentOrder.objects.select_related("location").filter(pk=fulfillment_id).first()
    )
    if found is None:
        raise NotFoundError(_("There is no fulfilment %(id)s.") % {"id": fulfillment_id})
    return found


def refusal(step: Step, fulfillment: FulfillmentOrder) -> FulfillmentStateError:
    """Return the error that says why a step is not possible, and what is."""
    possible = possible_steps(fulfillment)
    facts = {
        "state": fulfillment.get_state_display(),
        "method": fulfillment.get_method_display(),
        "step": RULES[step].label,
        "possible": ", ".join(str(RULES[other].label) for other in possible),
    }
    if fulfillment.location_id is None and fulfillment.state == S.OPEN:
        text = _("Impossible now: “%(step)s”. The fulfilment still waits for a location.")
    elif possible:
        text = _("Impossible: “%(step)s”. The fulfilment (%(method)s) is %(state)s; possible now: %(possible)s.")
    else:
        text = _(
            "Impossible: “%(step)s”. The fulfilment (%(method)s) is %(state)s; nothing remains to be done with it."
        )
    return FulfillmentStateError(
        text % facts, state=fulfillment.state, possible=[step.value for step in possible], step=step.value
    )
