"""What is copied arrives as it was: nothing, the empty text, and texts that CSV would cut."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from o2o.events.webhooks.models import WebhookEndpoint
from o2o.kit.copying import as_json, copy_changes, copy_then, storable
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction

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


def test_changes_are_written_where_they_belong_and_nowhere_else(merchant: Merchant, other_merchant: Merchant) -> None:
    with tenant_transaction(other_merchant.pk):
        foreign = WebhookEndpoint.objects.create(url="theirs", description="")
    with tenant_transaction(merchant.pk):
        kept, changed = (WebhookEndpoint.objects.create(url="ours", description="") for _each in range(2))
        changed.url, changed.description = "new, and “quoted”", "not written"
        foreign.url = "stolen"
        with CaptureQueriesContext(connection) as captured:
            copy_changes(WebhookEndpoint, objects=[], fields=("url",))
        assert len(captured) == 0
        copy_changes(WebhookEndpoint, objects=[changed, foreign], fields=("url",))
        found = WebhookEndpoint.objects.values_list("pk", "url", "description")
        assert set(found) == {(kept.pk, "ours", ""), (changed.pk, "new, and “quoted”", "")}
    with tenant_transaction(other_merchant.pk):
        assert WebhookEndpoint.objects.get().url == "theirs"


def test_what_postgres_cannot_hold_is_replaced() -> None:
    assert storable("a\x00b\ud800") == "a␀b?"
