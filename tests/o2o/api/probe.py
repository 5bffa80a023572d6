"""Views that only tests have: each behaves in one way that the base of the API must cope with."""

import json
from typing import Any, ClassVar

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import connection, transaction
from django.urls import path
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from o2o.accounts.models import User
from o2o.api.fields import MoneyField
from o2o.api.policy import AUTHENTICATED, PUBLIC, Policy
from o2o.api.views import MerchantAPIView
from o2o.kit.errors import DomainError, InvalidError
from o2o.kit.locks import BusyError
from o2o.tenancy.capabilities import Capability
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership


class SoldOutError(DomainError):
    """Nothing is left."""

    code = "probe_sold_out"
    title = "Sold out"


class LineSerializer(serializers.Serializer[Any]):
    """A line of a hiring form."""

    quantity = serializers.IntegerField(min_value=1)


class HiringSerializer(serializers.Serializer[Any]):
    """Somebody to hire."""

    email = serializers.EmailField()
    wage = MoneyField(required=False)
    lines = LineSerializer(many=True, required=False)


def hire(email: str) -> Membership:
    """Write two rows, of the platform and of the merchant."""
    return Membership.objects.create(user=User.objects.create_user(email), role=Role.CLERK)


class Staff(MerchantAPIView):
    """Hires people."""

    policy: ClassVar[Policy] = {
        "get": Capability.STAFF_READ,
        "post": AUTHENTICATED,
        "put": AUTHENTICATED,
        "delete": AUTHENTICATED,
    }

    def get(self, _request: Request) -> Response:
        """List the addresses."""
        return Response([str(email) for email in Membership.objects.values_list("user__email", flat=True)])

    def post(self, request: Request) -> Response:
        """Hire, then do what the body says."""
        form = HiringSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        hired = hire(form.validated_data["email"])
        after(request.data.get("then", ""))
        return Response(
            {"id": hired.pk, "email": "å" + hired.user.email}, 201, headers={"Location": f"/staff/{hired.pk}"}
        )

    def put(self, request: Request) -> Response:
        """Do the same without demanding a key."""
        return self.post(request)

    def delete(self, _request: Request) -> Response:
        """Dismiss everybody."""
        Membership.objects.all().delete()
        return Response(status=204)


def after(then: str) -> None:
    """Go on as told."""
    acts: dict[str, Any] = {
        "refuse": SoldOutError("No place is left.", left=0),
        "invalid": InvalidError("Wrong.", errors=[{"pointer": "/email", "code": "wrong", "detail": "Wrong."}]),
        "forbid": PermissionDenied(),
        "busy": BusyError("Later.", retry_after=3),
        "crash": RuntimeError("password=hunter2"),
        "suspicious": SuspiciousOperation("?"),
        "big": RequestDataTooBig("?"),
    }
    if then in acts:
        raise acts[then]
    if then == "crash after commit":
        transaction.on_commit(crash)
    if then == "break commit":
        with connection.cursor() as cursor:  # a foreign key that is checked at the commit
            cursor.execute("UPDATE tenancy_membership SET user_id = gen_random_uuid()")
    if then == "sleep":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.5)")
    if then == "kill":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            KILL(cursor.fetchone()[0])


def crash() -> None:
    """Stand for a process that dies between commit and answer."""
    raise RuntimeError("gone")


def KILL(pid: int) -> None:
    """Terminate a backend."""
    raise NotImplementedError


class Deadlock(MerchantAPIView):
    """Fails with a deadlock until it was tried often enough."""

    policy: ClassVar[Policy] = {"post": AUTHENTICATED}
    failures: ClassVar[int] = 0
    code: ClassVar[str] = "40P01"

    def post(self, _request: Request) -> Response:
        """Hire, then fail."""
        type(self).failures -= 1
        hire(f"try{type(self).failures}@example.com")
        if type(self).failures >= 0:
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{self.code}'; END $$")
        return Response({"ok": True})


class Open(MerchantAPIView):
    """Answers everybody."""

    policy: ClassVar[Policy] = PUBLIC

    def get(self, _request: Request) -> Response:
        """Say hello."""
        return Response({"hello": "world"})


class Undeclared(MerchantAPIView):
    """Forgot its policy."""

    def get(self, _request: Request) -> Response:
        """Never get here."""
        return Response(json.dumps({}))


urlpatterns = [
    path("api/v1/probe/staff", Staff.as_view(), name="probe-staff"),
    path("api/v1/probe/deadlock", Deadlock.as_view(), name="probe-deadlock"),
    path("api/v1/probe/open", Open.as_view(), name="probe-open"),
    path("api/v1/probe/undeclared", Undeclared.as_view(), name="probe-undeclared"),
]
handler400 = "o2o.api.errors.bad_request"
handler403 = "o2o.api.errors.permission_denied"
handler404 = "o2o.api.errors.not_found"
handler500 = "o2o.api.errors.server_error"
