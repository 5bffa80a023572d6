"""The base of every API view: who calls, in whose scope, how often, and what became of it.

A request is one transaction and goes through these steps:

1. the caller is authenticated and counted against the rate limit,
2. the scope of the actor's merchant is entered, with actor and request in the audit context,
3. the declared ``policy`` is checked,
4. a write claims its idempotency key: a known one is answered from the store,
5. the handler runs, the answer is rendered, stored with the effect, and all of it is committed.

An exception is a problem document, and nothing of its effect remains; a handler that returns a 4xx keeps its effect.
Deadlocks and serialization failures run the steps again, at most three times.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast

from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from o2o.api.idempotency import UNSAFE, answer_of, claim_of, is_kept, replay
from o2o.api.policy import Policy
from o2o.api.problems import problem_of
from o2o.events.idempotency.keys import KeyRequiredError
from o2o.events.idempotency.services import claim_key, store_answer
from o2o.kit import clock
from o2o.kit.addresses import client_address
from o2o.kit.locks import RETRIED, sqlstate
from o2o.tenancy.acting import acting_as
from o2o.tenancy.actor import Actor
from o2o.tenancy.enums import Origin
from o2o.tenancy.scope import tenant_scope

ATTEMPTS = 3
Handler = Callable[..., HttpResponseBase]


class ScopedView(APIView):
    """Runs the steps above. Use ``MerchantAPIView`` or ``MerchantViewSet``."""

    policy: ClassVar[Policy]
    #: A ``POST`` that changes nothing (a search, a quote) may do without a key.
    requires_idempotency_key: ClassVar[bool] = True
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    response: Any

    @classmethod
    def as_view(cls, *args: Any, **initkwargs: Any) -> Any:
        """Return the view function; it opens its transaction itself, so that a failed commit is a problem as well."""
        return transaction.non_atomic_requests(super().as_view(*args, **initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request; see the steps in the module's docstring."""
        self.args, self.kwargs = args, kwargs
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        self._is_admitted = self._has_begun = False
        try:
            self._negotiate(self.request)
            self.response = self._answer(self.request)
        except Exception as error:  # noqa: BLE001 - the handler of exceptions decides, as in the overridden method
            self.response = self._finished(self.handle_exception(error))
        for name, value in getattr(self.request, "rate_limit_headers", {}).items():
            self.response.headers[name] = value
        return self.response

    def _negotiate(self, request: Request) -> None:
        self.format_kwarg = self.get_format_suffix(**self.kwargs)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        request.version, request.versioning_scheme = self.determine_version(request)

    def _answer(self, request: Request) -> HttpResponseBase:
        is_outermost = not connection.in_atomic_block
        # A question to the server before each request would cost a round trip; a connection that turns out to be
        # broken is replaced below instead.
        connection.health_check_done = True  # type: ignore[attr-defined]
        for attempt in range(1, ATTEMPTS + 1):
            raw = connection.connection
            try:
                with transaction.atomic():
                    self._admit(request)
                    with self._scoped(request, until_commit=is_outermost):
                        return self._handled(request)
            except (OperationalError, InterfaceError) as error:
                if not is_outermost or attempt == ATTEMPTS or not self._may_run_again(error, raw):
                    raise
        raise AssertionError("unreachable")

    def _may_run_again(self, error: Exception, raw: object) -> bool:
        """Say whether PostgreSQL asks for another try, or an old connection broke before anything was done.

        The end of the transaction has replaced a broken connection already.
        """
        if sqlstate(error) in RETRIED:
            return True
        return raw is not None and raw is not connection.connection and not self._has_begun

    def _admit(self, request: Request) -> None:
        if self._is_admitted:
            return
        try:
            self.perform_authentication(request)
        except AuthenticationFailed:
            self.check_throttles(request)
            raise
        self.check_throttles(request)
        self._is_admitted = True

    @contextmanager
    def _scoped(self, request: Request, *, until_commit: bool) -> Iterator[None]:
        actor = request.user
        if not isinstance(actor, Actor):
            yield
            return
        http = request._request
        request_id = getattr(http, "request_id", "")
        http.log_context = {  # type: ignore[attr-defined]
            "merchant_id": str(actor.merchant_id),
            "actor_kind": actor.kind.value,
            "actor_id": str(actor.id),
        }
        with (
            acting_as(
                actor,
                origin=Origin.API,
                request_id=request_id,
                address=client_address(http),
                writes=request.method in UNSAFE,
            ),
            tenant_scope(actor.merchant_id, until_commit=until_commit),
        ):
            yield

    def _handled(self, request: Request) -> HttpResponseBase:
        self._handler(request)
        self.check_permissions(request)
        claim = claim_of(request, self.body_of) if isinstance(request.user, Actor) else None
        if claim is None:
            self._refuse_missing_key(request)
            return self._run(request)
        if stored := claim_key(claim=claim, at=clock.now()):
            return replay(stored)
        response = self._attempted(request)
        if is_kept(response.status_code):
            store_answer(claim=claim, answer=answer_of(response), at=clock.now())
        return response

    def body_of(self, request: Request) -> bytes:
        """Return the bytes of the body, or what stands for them where the body is too large to be held."""
        return request._request.body

    def _refuse_missing_key(self, request: Request) -> None:
        if request.method == "POST" and isinstance(request.user, Actor) and self.requires_idempotency_key:
            raise KeyRequiredError(
                _("POST needs the header Idempotency-Key, to be repeated safely; send a new UUID with each.")
            )

    def _attempted(self, request: Request) -> HttpResponseBase:
        """Run the handler in a savepoint: a refusal undoes its effect, yet the refusal itself can be stored."""
        try:
            with transaction.atomic():
                return self._run(request)
        except Exception as error:
            if problem_of(error).status >= 500:
                raise
            return self._finished(self.handle_exception(error))

    def _handler(self, request: Request) -> Handler:
        method = (request.method or "").lower()
        handler: Handler | None = getattr(self, method, None) if method in self.http_method_names else None
        if handler is None:
            raise MethodNotAllowed(method.upper())
        return handler

    def _run(self, request: Request) -> HttpResponseBase:
        self._has_begun = True
        return self._finished(self._handler(request)(request, *self.args, **self.kwargs))

    def _finished(self, response: HttpResponseBase) -> HttpResponseBase:
        """Render now, inside the scope: serializers may still read, and the bytes are what is stored."""
        finished: Any = self.finalize_response(self.request, cast(Response, response), *self.args, **self.kwargs)
        if isinstance(finished, Response) and not finished.is_rendered:
            finished.render()
        return cast(HttpResponseBase, finished)


class MerchantAPIView(ScopedView):
    """A view in the scope of the caller's merchant; declare ``policy`` by lower-case method."""

    @property
    def actor(self) -> Actor:
        """Who is calling."""
        actor: Any = self.request.user
        return cast(Actor, actor)

    @property
    def location_ids(self) -> frozenset[uuid.UUID] | None:
        """The stores to which the caller is bound; None where all are open to them, or while the API is described."""
        return getattr(getattr(self.request, "user", None), "location_ids", None)
