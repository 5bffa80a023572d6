"""What the pages of orders say: timeline, verdicts of the router, and a rule that goes through its form."""

import pytest

from channels.orders.console.parts import table_of
from channels.orders.console.rules import RuleForm, fields_of
from channels.orders.console.telling import cause_of, grouped, told
from channels.orders.models import RoutingRule
from tests.channels.factories import SalesChannelFactory, StockLocationFactory


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"total": "53.5", "currency": "CNY"}, "53.50 CNY"),
        ({"amount": "12", "method": "wechat_pay"}, "12.00 CNY, WeChat Pay"),
        ({"amount": "12", "method": "barter"}, "12.00 CNY, barter"),
        ({"location_id": "0", "units": 1}, "1 unit"),
        ({"queue": "no_stock", "units": 2}, "no stock, 2 units"),
        ({"text": "sold out", "location_id": "0"}, "sold out"),
        ({"version": 3}, "version 3"),
        ({"until": "2026-11-25T04:00:00+00:00"}, "until Nov. 25, 2026, "),
        ({"odd_thing": 7}, "odd thing: 7"),
    ],
)
def test_details_are_told_in_words(details, words):
    assert told(details, "CNY").startswith(words)


def test_an_unknown_cause_is_shown_as_it_is():
    assert cause_of("placed") == "the order came in"
    assert cause_of("moonlight") == "moonlight"
    assert cause_of("") == "–"


def test_candidates_of_whom_the_same_is_said_share_a_row():
    verdicts = [{"code": "won", "name": "A", "figures": {"units": 2}}]
    verdicts += [{"code": "not_the_chosen_store", "name": f"B{number}"} for number in range(6)]

    assert grouped(verdicts, limit=9) == [
        ("A", "Takes 2 units"),
        ("B0, B1, B2, B3 and 2 more", "The customer chose another store"),
    ]
    assert len(grouped(verdicts, limit=1)) == 1


def test_a_column_without_anything_is_left_out():
    table = table_of(("SKU", "Cancelled", "Total"), [("A", 0, "1"), ("B", 0, "2")])
    assert (table.headers, table.rows) == (["SKU", "Total"], [["A", "1"], ["B", "2"]])
    assert table_of(("SKU", "Cancelled"), [], empty="none").headers == ["SKU", "Cancelled"]


def test_a_rule_loses_nothing_in_its_form(scope):
    channel, stores = SalesChannelFactory(merchant=scope), StockLocationFactory.create_batch(3, merchant=scope)
    definition = {
        "when": {"channels": [str(channel.pk)], "methods": ["deliver"], "weekdays": [5, 6], "from": "22:00",
                 "until": "06:00", "min_total": "20"},
        "only": {"kinds": ["store"], "locations": [str(stores[0].pk), str(stores[1].pk)],
                 "not_locations": [str(stores[2].pk)], "max_km": "8", "opens_within_minutes": 45, "keep_units": 1},
        "prefer": [{"by": "nearest", "band_km": "1"}, "least_loaded"],
        "split": "never",
    }  # fmt: skip
    rule = RoutingRule(name="Night", position=10, definition=definition)
    values = {name: value for name, value in fields_of(rule).items() if value is not None}

    form = RuleForm(values)

    assert form.is_valid(), form.errors
    assert form.definition() == definition
