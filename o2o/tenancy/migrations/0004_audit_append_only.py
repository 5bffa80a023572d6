from django.db import migrations

from o2o.tenancy.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0003_audit")]

    operations = [MakeAppendOnly("MembershipEvent"), MakeAppendOnly("MerchantEvent")]
