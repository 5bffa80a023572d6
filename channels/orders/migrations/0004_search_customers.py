from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # A big table is not locked while its index is built.
    atomic = False

    dependencies = [("orders", "0003_rule_replays")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                fields=["merchant", "customer_reference"],
                name="order_customer",
                opclasses=("uuid_ops", "text_pattern_ops"),
                condition=~models.Q(customer_reference=""),
            ),
        )
    ]
