from django.db import migrations

from o2o.tenancy.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("events", "0004_discarded_deliveries")]

    operations = [MakeAppendOnly("WebhookEndpointEvent")]
