"""API clients and invitations, as they are read and written."""

from rest_framework import serializers

from o2o.accounts.models import ApiClient, Invitation
from o2o.tenancy.capabilities import CLIENT_SCOPES
from o2o.tenancy.enums import Role

SCOPES = sorted(scope.value for scope in CLIENT_SCOPES)


class ApiClientSerializer(serializers.ModelSerializer[ApiClient]):
    """A program of the merchant, without its secret."""

    created_at = serializers.DateTimeField(source="created", read_only=True)
    updated_at = serializers.DateTimeField(source="updated", read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ApiClient
        fields = ("id", "client_id", "name", "scopes", "is_active", "last_token_at", "created_at", "updated_at")
        read_only_fields = fields


class ApiClientWriteSerializer(serializers.Serializer[ApiClient]):
    """What is said about a program."""

    name = serializers.CharField(max_length=255)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES), allow_empty=False, max_length=100)


class IssuedSecretSerializer(serializers.Serializer[ApiClient]):
    """A program with its secret, which is shown this once."""

    client = ApiClientSerializer()
    secret = serializers.CharField(help_text="Store it now: it is shown this once.")


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """An invitation, without its link."""

    location_ids = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    invited_by = serializers.CharField(source="invited_by.name", default="", read_only=True)

    class Meta:
        model = Invitation
        fields = (
            "id", "email", "role", "location_ids", "invited_by", "expires_at", "accepted_at", "revoked_at",
            "created_at",
        )  # fmt: skip
        read_only_fields = fields


class InvitationWriteSerializer(serializers.Serializer[Invitation]):
    """Whom to invite, and as what."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices)
    location_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, help_text="Stores; empty means all of them."
    )
