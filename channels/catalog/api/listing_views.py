"""Listings and their prices in the API."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.catalog import services
from channels.catalog.api import filters, price_serializers, serializers
from channels.catalog.models import ChannelListing, PriceChangeRequest, PriceCycle, PriceInterval
from channels.catalog.selectors.prices import prices_at
from channels.catalog.services import ListingOutcome, ListingWish, PriceWish
from o2o.api.input import checked
from o2o.api.policy import Policy
from o2o.api.serializers import fault_of
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock
from o2o.kit.errors import InvalidError, NotFoundError, UnknownReferenceError
from o2o.kit.money import Money
from o2o.tenancy.capabilities import Capability

READ, WRITE = Capability.CATALOG_READ, Capability.CATALOG_WRITE
UPSERT = """
Make or change up to 1,000 listings by channel and variant. Each is judged by itself: one that cannot be is rejected
with its reason, and the others are done. `results` has one entry for each, in the same order. A price that looks like a
mistake is held for approval, and the rest of its listing is done; a new listing is hidden until its price is approved.
"""


@extend_schema_view(
    list=extend_schema(summary="List listings"),
    retrieve=extend_schema(summary="Read a listing"),
    create=extend_schema(
        summary="Offer a variant in a channel",
        request=serializers.ListingWriteSerializer,
        responses={201: serializers.ListingSerializer},
    ),
    partial_update=extend_schema(
        summary="Change a listing",
        request=serializers.ListingChangeSerializer,
        responses=serializers.ListingSerializer,
    ),
    bulk=extend_schema(
        summary="Make or change many listings",
        description=UPSERT,
        request=serializers.ListingsSerializer,
        responses=serializers.ListingOutcomesSerializer,
    ),
    price=extend_schema(
        summary="Set a price",
        request=price_serializers.PriceWishSerializer,
        responses={200: price_serializers.PriceSetSerializer},
    ),
    withdraw_price=extend_schema(
        summary="Withdraw a price",
        request=price_serializers.WithdrawSerializer,
        responses=serializers.ListingSerializer,
    ),
)
class ListingViewSet(ReadOnlyMerchantViewSet):
    """How channels offer variants."""

    policy: ClassVar[Policy] = {
        "list": READ, "retrieve": READ, "create": WRITE, "partial_update": WRITE, "bulk": WRITE, "price": WRITE,
        "prices": READ, "price_at": READ, "withdraw_price": WRITE,
    }  # fmt: skip
    serializer_class = serializers.ListingSerializer
    filterset_class = filters.ListingFilter

    def get_queryset(self) -> QuerySet[ChannelListing]:
        """Return the merchant's listings."""
        found: QuerySet[ChannelListing] = ChannelListing.objects.all()
        return found

    def create(self, request: Request) -> Response:
        """List a variant from now on."""
        data = dict(checked(serializers.ListingWriteSerializer, request).validated_data)
        price, before = data.pop("price"), data.pop("compare_at_price")
        made = services.create_listing(
            price=price.amount,
            compare_at_price=before and before.amount,
            currency=price.currency,
            at=clock.now(),
            **data,
        )
        return Response(serializers.ListingSerializer(made).data, status=201)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given."""
        body = checked(serializers.ListingChangeSerializer, request)
        listing = services.update_listing(listing_id=pk, at=clock.now(), **body.validated_data)
        return Response(serializers.ListingSerializer(listing).data)

    @action(detail=False, methods=["put"])
    def bulk(self, request: Request) -> Response:
        """Make or change many; answer for each."""
        rows = checked(serializers.ListingsSerializer, request).validated_data["listings"]
        outcomes = services.upsert_listings(wishes=[_wish(row) for row in rows], at=clock.now(), reason="API")
        return Response({"results": [_shown(outcome) for outcome in outcomes]})

    @action(detail=True, methods=["put"])
    def price(self, request: Request, pk: UUID) -> Response:
        """Record a price; one that looks like a mistake waits for approval."""
        data = dict(checked(price_serializers.PriceWishSerializer, request).validated_data)
        price, before, expected = (data.pop(name) for name in ("price", "compare_at_price", "expected"))
        wish = PriceWish(
            pk, price.amount, before and before.amount, currency=price.currency,
            expected=expected and expected.amount, **data,
        )  # fmt: skip
        made = services.set_price(wish=wish, at=clock.now())
        outcome = "held" if isinstance(made, PriceChangeRequest) else "recorded"
        return Response(price_serializers.PriceSetSerializer({"outcome": outcome, "id": made.pk}).data)

    @extend_schema(
        summary="Read the history of its prices",
        responses=price_serializers.PriceIntervalSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], filterset_class=None)
    def prices(self, _request: Request, pk: UUID) -> Response:
        """Return the intervals, newest first, page by page."""
        listing = self.get_object()
        rows = PriceInterval.objects.filter(listing=listing).select_related("listing", "withdrawal")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(price_serializers.PriceIntervalSerializer(page, many=True).data)

    @extend_schema(
        summary="Read its price at an instant",
        parameters=[OpenApiParameter("at", OpenApiTypes.DATETIME, description="Past or to come; left out: now.")],
        responses=price_serializers.PriceAtSerializer,
        filters=False,
    )
    @action(detail=True, methods=["get"], filterset_class=None)
    def price_at(self, request: Request, pk: UUID) -> Response:
        """Return the price that counts at the instant, and what says so."""
        listing = self.get_object()
        found = prices_at(listing_ids=[listing.pk], at=_instant(request)).get(listing.pk)
        if found is None:
            raise NotFoundError(_("The listing has no price at that time."))
        before = found.compare_at_price
        shown = {
            "price": Money.rounded(found.price, listing.currency),
            "compare_at_price": None if before is None else Money.rounded(before, listing.currency),
            "layer": found.layer,
            "interval_id": found.interval_id,
            "valid_until": found.valid_until,
        }
        return Response(price_serializers.PriceAtSerializer(shown).data)

    @action(detail=True, methods=["post"])
    def withdraw_price(self, request: Request, pk: UUID) -> Response:
        """Let a price for a time, or one that is still to come, count no more."""
        data = checked(price_serializers.WithdrawSerializer, request).validated_data
        listing = self.get_object()
        if not PriceInterval.objects.filter(pk=data["interval_id"], listing=listing).exists():
            raise UnknownReferenceError(_("There is no price interval %(id)s.") % {"id": data["interval_id"]})
        services.withdraw_price(at=clock.now(), **data)
        return Response(serializers.ListingSerializer(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="List recurring prices"),
    retrieve=extend_schema(summary="Read a recurring price"),
    create=extend_schema(
        summary="Add a recurring price",
        request=price_serializers.PriceCycleWriteSerializer,
        responses={201: price_serializers.PriceCycleSerializer},
    ),
    end=extend_schema(summary="End a recurring price", request=None, responses=price_serializers.PriceCycleSerializer),
)
class PriceCycleViewSet(ReadOnlyMerchantViewSet):
    """Prices that come back on some days, in some hours."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ, "create": WRITE, "end": WRITE}
    serializer_class = price_serializers.PriceCycleSerializer
    filterset_class = filters.PriceCycleFilter

    def get_queryset(self) -> QuerySet[PriceCycle]:
        """Return the merchant's recurring prices."""
        found: QuerySet[PriceCycle] = PriceCycle.objects.select_related("listing")
        return found

    def create(self, request: Request) -> Response:
        """Add one; while it is held it waits for approval."""
        body = checked(price_serializers.PriceCycleWriteSerializer, request)
        made = services.create_price_cycle(at=clock.now(), **body.validated_data)
        return Response(price_serializers.PriceCycleSerializer(made).data, status=201)

    @action(detail=True, methods=["post"])
    def end(self, _request: Request, pk: UUID) -> Response:
        """Let it come back no more, from now on."""
        services.end_price_cycle(cycle_id=pk, at=clock.now())
        return Response(price_serializers.PriceCycleSerializer(self.get_object()).data)


def _instant(request: Request) -> datetime:
    text = request.query_params.get("at")
    if not text:
        return clock.now()
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidError(_("Give a time with its zone, such as 2026-11-25T12:00:00Z."), field="at")
    return found


def _wish(row: dict[str, object]) -> ListingWish:
    data = dict(row)
    known = {name: data.pop(name) for name in ("channel_id", "variant_id", "price", "compare_at_price")}
    return ListingWish(**known, fields=data)  # type: ignore[arg-type]


def _shown(outcome: ListingOutcome) -> dict[str, object]:
    fault = outcome.error and fault_of(outcome.error)
    return {"outcome": outcome.outcome, "listing_id": outcome.listing_id, "error": fault}
