"""Serializers that only write: what they share, and what they must not."""

import pytest
from rest_framework import serializers

from o2o.api.serializers import ReadSerializer
from o2o.tenancy.models import Merchant


class Plain(ReadSerializer[Merchant]):
    class Meta:
        model = Merchant
        fields = ("id", "name")


class Looking(ReadSerializer[Merchant]):
    greeting = serializers.SerializerMethodField()

    class Meta:
        model = Merchant
        fields = ("id", "greeting")

    def get_greeting(self, merchant: Merchant) -> str:
        return f"{self.context['word']} {merchant.name}"


class Writing(ReadSerializer[Merchant]):
    name = serializers.CharField()

    class Meta:
        model = Merchant
        fields = ("id", "name")


def test_fields_are_shared_and_bound_to_no_rows() -> None:
    tea, books = Merchant(name="Tea"), Merchant(name="Books")
    first, second = Plain(tea, context={"word": "secret"}), Plain(books)
    assert (first.data["name"], second.data["name"]) == ("Tea", "Books")
    assert first.fields is second.fields
    parent = first.fields["name"].parent
    assert parent.instance is None
    assert parent.context == {}


def test_a_field_that_looks_at_its_serializer_is_not_shared() -> None:
    tea = Merchant(name="Tea")
    assert Looking(tea, context={"word": "Hello"}).data["greeting"] == "Hello Tea"
    assert Looking(tea, context={"word": "你好"}).data["greeting"] == "你好 Tea"


def test_a_field_that_takes_input_is_refused() -> None:
    with pytest.raises(TypeError, match="declare name with read_only=True"):
        _ = Writing(Merchant(name="Tea")).data
