"""The merchant and its staff, as they are read."""

from rest_framework import serializers

from o2o.api.serializers import ReadSerializer
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant


class MerchantSerializer(ReadSerializer[Merchant]):
    """The business that the caller acts for."""

    class Meta:
        model = Merchant
        fields = ("id", "name", "slug", "currency", "time_zone", "language", "created_at", "updated_at")


class StaffMemberSerializer(ReadSerializer[Membership]):
    """A person's place on the staff."""

    user_id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    location_ids = serializers.ListField(
        child=serializers.UUIDField(), read_only=True, help_text="Stores they work in; empty means all of them."
    )

    class Meta:
        model = Membership
        fields = ("id", "user_id", "name", "email", "role", "location_ids", "is_active", "created_at", "updated_at")


class StaffChangeSerializer(serializers.Serializer[Membership]):
    """Another role for a staff member, and the stores to which it is limited."""

    role = serializers.ChoiceField(choices=Role.choices)
    location_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, help_text="Stores; empty means all of them."
    )
