"""The audit trail in the API."""

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from o2o.api.policy import Policy
from o2o.api.views import MerchantAPIView
from o2o.events.api.serializers import AuditEntrySerializer, AuditPageSerializer
from o2o.events.audit import AuditQuery, audit_page, audited_models
from o2o.tenancy.capabilities import Capability


class AuditQuerySerializer(serializers.Serializer[AuditQuery]):
    """How the trail is narrowed."""

    kind = serializers.CharField(required=False, default="", max_length=80, help_text="Such as tenancy.membership.")
    act = serializers.ChoiceField(choices=["created", "changed", "deleted"], required=False, default="")
    object_id = serializers.CharField(required=False, default="", max_length=64)
    request_id = serializers.CharField(required=False, default="", max_length=64)
    since = serializers.DateTimeField(required=False, default=None)
    until = serializers.DateTimeField(required=False, default=None)
    cursor = serializers.CharField(required=False, default="", max_length=200)
    page_size = serializers.IntegerField(required=False, default=50, min_value=1, max_value=200)

    def validate_kind(self, kind: str) -> str:
        """Refuse what is not audited."""
        if kind and kind not in audited_models():
            raise serializers.ValidationError(_("Choose one of: %(names)s.") % {"names": ", ".join(audited_models())})
        return kind


class AuditView(MerchantAPIView):
    """Who changed what, when, from where."""

    policy: ClassVar[Policy] = {"get": Capability.AUDIT_READ}

    @extend_schema(summary="List the audit trail", parameters=[AuditQuerySerializer], responses=AuditPageSerializer)
    def get(self, request: Request) -> Response:
        """Return entries, the newest first."""
        asked = AuditQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        after, size = wanted.pop("cursor"), wanted.pop("page_size")
        entries, following = audit_page(query=AuditQuery(**wanted), size=size, after=after)
        url = request.build_absolute_uri()
        return Response(
            {
                "results": AuditEntrySerializer(entries, many=True).data,  # type: ignore[arg-type]
                "next": replace_query_param(url, "cursor", following) if following else None,
                "previous": None,
            }
        )
