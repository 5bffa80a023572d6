"""API clients and invitations, for staff who hold the keys to the house."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from o2o.accounts.api.serializers import (
    ApiClientSerializer,
    ApiClientWriteSerializer,
    InvitationSerializer,
    InvitationWriteSerializer,
    IssuedSecretSerializer,
)
from o2o.accounts.models import ApiClient, Invitation
from o2o.accounts.services.clients import (
    IssuedSecret,
    change_api_client,
    create_api_client,
    disable_api_client,
    rotate_client_secret,
)
from o2o.accounts.services.invitations import (
    IssuedInvitation,
    invite_staff,
    mail_invitation,
    resend_invitation,
    revoke_invitation,
)
from o2o.api.policy import Policy
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.enums import Role


@extend_schema_view(
    list=extend_schema(summary="List API clients"),
    retrieve=extend_schema(summary="Read an API client"),
    create=extend_schema(
        summary="Create an API client", request=ApiClientWriteSerializer, responses={201: IssuedSecretSerializer}
    ),
    update=extend_schema(
        summary="Change an API client", request=ApiClientWriteSerializer, responses=ApiClientSerializer
    ),
    rotate_secret=extend_schema(summary="Give it a new secret", request=None, responses=IssuedSecretSerializer),
    disable=extend_schema(summary="Shut it out for good", request=None, responses=ApiClientSerializer),
)
class ApiClientViewSet(ReadOnlyMerchantViewSet):
    """Programs that act for the merchant. Programs themselves cannot see or change them."""

    policy: ClassVar[Policy] = {
        "list": Capability.API_CLIENTS_READ,
        "retrieve": Capability.API_CLIENTS_READ,
        "create": Capability.API_CLIENTS_WRITE,
        "update": Capability.API_CLIENTS_WRITE,
        "rotate_secret": Capability.API_CLIENTS_WRITE,
        "disable": Capability.API_CLIENTS_WRITE,
    }
    serializer_class = ApiClientSerializer

    def get_queryset(self) -> QuerySet[ApiClient]:
        """Return the merchant's clients."""
        found: QuerySet[ApiClient] = ApiClient.objects.all()
        return found

    def create(self, request: Request) -> Response:
        """Register a program and return its secret, this once."""
        body = ApiClientWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(_secret(create_api_client(actor=self.actor, **body.validated_data)), status=201)

    def update(self, request: Request, pk: UUID) -> Response:
        """Rename it and set what it may do."""
        body = ApiClientWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        client = change_api_client(actor=self.actor, client_id=pk, **body.validated_data)
        return Response(ApiClientSerializer(client).data)

    @action(detail=True, methods=["post"])
    def rotate_secret(self, request: Request, pk: UUID) -> Response:
        """Return a new secret, this once; the old one and its tokens stop working at once."""
        return Response(_secret(rotate_client_secret(client_id=pk)))

    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: UUID) -> Response:
        """Shut it out from its next request on."""
        return Response(ApiClientSerializer(disable_api_client(client_id=pk)).data)


@extend_schema_view(
    list=extend_schema(summary="List invitations"),
    retrieve=extend_schema(summary="Read an invitation"),
    create=extend_schema(
        summary="Invite somebody to the staff",
        request=InvitationWriteSerializer,
        responses={201: InvitationSerializer},
    ),
    resend=extend_schema(summary="Send it once more", request=None, responses={201: InvitationSerializer}),
    destroy=extend_schema(summary="Withdraw it", responses={204: None}),
)
class InvitationViewSet(ReadOnlyMerchantViewSet):
    """Invitations to the staff. The link goes to the address by mail and nowhere else."""

    policy: ClassVar[Policy] = {
        "list": Capability.STAFF_READ,
        "retrieve": Capability.STAFF_READ,
        "create": Capability.STAFF_WRITE,
        "resend": Capability.STAFF_WRITE,
        "destroy": Capability.STAFF_WRITE,
    }
    serializer_class = InvitationSerializer

    def get_queryset(self) -> QuerySet[Invitation]:
        """Return the merchant's invitations."""
        found: QuerySet[Invitation] = Invitation.objects.select_related("invited_by")
        return found

    def create(self, request: Request) -> Response:
        """Invite an address; an open invitation to it is replaced."""
        body = InvitationWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        issued = invite_staff(
            actor=self.actor,
            email=body.validated_data["email"],
            role=Role(body.validated_data["role"]),
            location_ids=body.validated_data["location_ids"],
            at=clock.now(),
        )
        return self._mailed(request, issued)

    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: UUID) -> Response:
        """Send a new link; the older one stops working."""
        return self._mailed(request, resend_invitation(actor=self.actor, invitation_id=pk, at=clock.now()))

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Withdraw an open invitation."""
        revoke_invitation(invitation_id=pk, at=clock.now())
        return Response(status=204)

    @staticmethod
    def _mailed(request: Request, issued: IssuedInvitation) -> Response:
        mail_invitation(issued=issued, site_url=request.build_absolute_uri("/"), at=clock.now())
        return Response(InvitationSerializer(issued.invitation).data, status=201)


def _secret(issued: IssuedSecret) -> dict[str, object]:
    return {"client": ApiClientSerializer(issued.client).data, "secret": issued.secret}
