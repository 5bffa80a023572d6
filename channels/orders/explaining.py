"""Sentences for verdicts of the router and faults of rules, in the reader's language; names of orders for stock."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels.inventory.explaining import explains
from channels.orders.models import Order
from channels.orders.routing import RuleError

SENTENCES: Mapping[str, str | Promise] = {
    "won": _("Takes %(units)s units"),
    "rejected_before": _("It has rejected this order"),
    "took_too_long": _("It did not answer in time"),
    "switched_off": _("It is switched off"),
    "not_the_chosen_store": _("The customer chose another store"),
    "method_not_offered": _("It does not offer “%(method)s”"),
    "not_allowed_by_rule": _("The rule “%(rule)s” leaves it out"),
    "too_far": _("%(km)s km away; the rule allows %(max_km)s"),
    "closed": _("Closed until %(opens_at)s"),
    "no_capacity": _("It has as many orders today as it can take"),
    "out_of_stock": _("Has %(has)s of %(sku)s, and %(wanted)s are wanted"),
    "would_split": _("Has %(has)s of %(sku)s, so the order would be split"),
    "farther": _("%(km)s km away; the chosen one is %(best_km)s km away"),
    "lower_priority": _("Priority %(priority)s; the chosen one has %(best_priority)s"),
    "less_stock": _("Less would be left on its shelf"),
    "busier": _("Fewer orders fit in today"),
    "later": _("Ready later"),
    "equal": _("As good as the chosen one; the order of ids decided"),
    "not_needed": _("Nothing was routed, because the rest was nowhere"),
}

# What ``channels.orders.routing.rules`` finds wrong with a definition.
FAULTS: Mapping[str, str | Promise] = {
    "must be one of %(known)s": _("must be one of %(known)s"),
    "must be of %(known)s": _("must be of %(known)s"),
    "is not known here; known are %(known)s": _("is not known here; known are %(known)s"),
    "give both “from” and “until”, or neither": _("give both “from” and “until”, or neither"),
    "must be an object": _("must be an object"),
    "must be a list of at most 1,000 entries": _("must be a list of at most 1,000 entries"),
    "must hold ids": _("must hold ids"),
    "must be a whole number from %(least)s to %(most)s": _("must be a whole number from %(least)s to %(most)s"),
    "must be a number": _("must be a number"),
    "must be a number that is not negative": _("must be a number that is not negative"),
    "must be a time such as 09:00": _("must be a time such as 09:00"),
}


def reason_of(error: RuleError) -> str:
    """Return why a definition is no rule, in the language of the reader."""
    return str(FAULTS.get(error.reason, error.reason)) % error.figures


def sentence(verdict: Mapping[str, Any]) -> str:
    """Return why a candidate won or lost, in words; the bare code where no sentence is known."""
    text = SENTENCES.get(verdict.get("code", ""))
    figures = {name: "–" if value is None else value for name, value in verdict.get("figures", {}).items()}
    try:
        return str(text) % figures if text else str(verdict.get("code", ""))
    except KeyError:
        return str(verdict.get("code", ""))


@explains("order")
def order_names(ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, tuple[str, str]]:
    """Return number and page of orders."""
    rows = Order.objects.filter(pk__in=ids).values_list("pk", "number")
    return {pk: (number, reverse("console:orders_order_change", args=(pk,))) for pk, number in rows}
