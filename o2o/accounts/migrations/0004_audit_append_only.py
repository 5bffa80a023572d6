from django.db import migrations

from o2o.tenancy.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_people_and_clients")]

    operations = [MakeAppendOnly("ApiClientEvent"), MakeAppendOnly("InvitationEvent"), MakeAppendOnly("UserEvent")]
