"""Sentences for the router's verdicts, in the language of the reader; names of orders for the explanation of stock."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels.inventory.explaining import explains
from channels.orders.models import Order

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
