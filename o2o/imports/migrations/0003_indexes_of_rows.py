from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("imports", "0002_rows_say_why"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="importrow",
            index=models.Index(
                condition=models.Q(("action", ""), _negated=True),
                fields=["batch", "action", "row_number"],
                name="import_row_planned",
            ),
        ),
        AddIndexConcurrently(
            model_name="importrow",
            index=models.Index(
                condition=models.Q(("reason", ""), _negated=True),
                fields=["batch", "row_number"],
                name="import_row_told",
            ),
        ),
        RemoveIndexConcurrently(model_name="importrow", name="import_row_tabs"),
        RemoveIndexConcurrently(model_name="importrow", name="import_row_rejected"),
    ]
