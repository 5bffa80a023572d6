"""What is copied arrives as it was: nothing, the empty text, and texts that CSV would cut."""

import pytest
from django.db import connection, transaction

from o2o.kit.copying import as_json, copy_then, storable

pytestmark = pytest.mark.usefixtures("committed_db")

TEXTS = ["", " ", '"', "a,b", "a\nb\r\nc", "\\N", "\\.", "NULL", "茶"]


def test_texts_and_nothing_arrive_as_they_are() -> None:
    rows = [(place, text, None if place % 2 else as_json({"text": text})) for place, text in enumerate(TEXTS)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE arrived (place integer, text text, json jsonb) ON COMMIT DROP")
        copy_then(
            columns={"place": "integer", "text": "text", "json": "jsonb"},
            rows=rows,
            statement="INSERT INTO arrived SELECT * FROM pg_temp.incoming",
        )
        cursor.execute("SELECT place, text, json::text FROM arrived ORDER BY place")
        assert cursor.fetchall() == rows


def test_nothing_in_a_column_of_texts_is_the_empty_text() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE arrived (place integer, text varchar(5)) ON COMMIT DROP")
        copy_then(
            columns={"place": "integer", "text": "varchar(5)"},
            rows=[(None, None)],
            statement="INSERT INTO arrived SELECT * FROM pg_temp.incoming",
        )
        cursor.execute("SELECT place, text FROM arrived")
        assert cursor.fetchall() == [(None, "")]


def test_what_postgres_cannot_hold_is_replaced() -> None:
    assert storable("a\x00b\ud800") == "a␀b?"
