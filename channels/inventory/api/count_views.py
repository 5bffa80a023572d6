"""Stock counts and the self-check in the API."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.inventory.api import filters
from channels.inventory.api import work_serializers as serializers
from channels.inventory.api.views import COUNT, READ, WRITE, require_variants
from channels.inventory.api.work_serializers import CountSummarySerializer
from channels.inventory.enums import CountState
from channels.inventory.models import CycleCount, StockCheck
from channels.inventory.selectors.counts import differences
from channels.inventory.services import counting
from channels.stores.reach import require_locations
from o2o.api.input import checked
from o2o.api.policy import Policy
from o2o.api.viewsets import ReadOnlyMerchantViewSet
from o2o.kit import clock

STOCK_COUNT = serializers.CountSerializer


@extend_schema_view(
    list=extend_schema(summary="List stock counts"),
    retrieve=extend_schema(summary="Read a stock count"),
    create=extend_schema(
        summary="Begin a stock count", request=serializers.CountWriteSerializer, responses={201: STOCK_COUNT}
    ),
    record=extend_schema(
        summary="Write down what was found", request=serializers.CountRecordSerializer, responses=STOCK_COUNT
    ),
    submit=extend_schema(summary="Hand a count in", request=None, responses=STOCK_COUNT),
    differences=extend_schema(summary="Read what a count found", responses=serializers.DifferencesSerializer),
    review=extend_schema(summary="Judge differences", request=serializers.ReviewSerializer, responses=STOCK_COUNT),
    recount=extend_schema(
        summary="Have lines counted again", request=serializers.CountLinesSerializer, responses=STOCK_COUNT
    ),
    post_differences=extend_schema(summary="Post a count", request=None, responses=serializers.PostedSerializer),
    cancel=extend_schema(summary="Cancel a count", request=None, responses=STOCK_COUNT),
)
class StockCountViewSet(ReadOnlyMerchantViewSet):
    """Counts. What is expected is not told while they are open, so that it is really counted."""

    policy: ClassVar[Policy] = {
        "list": COUNT, "retrieve": COUNT, "create": COUNT, "record": COUNT, "submit": COUNT, "differences": WRITE,
        "review": WRITE, "recount": WRITE, "post_differences": WRITE, "cancel": WRITE,
    }  # fmt: skip
    serializer_class = STOCK_COUNT
    filterset_class = filters.CountFilter

    def get_queryset(self) -> QuerySet[CycleCount]:
        """Return the merchant's counts."""
        found: QuerySet[CycleCount] = CycleCount.objects.all()
        if self.action == "retrieve":
            found = found.prefetch_related("lines__variant")
        return found if self.location_ids is None else found.filter(location_id__in=self.location_ids)

    def get_serializer_class(self) -> type[CountSummarySerializer]:
        """Return the lines with one count only."""
        return CountSummarySerializer if self.action == "list" else STOCK_COUNT

    def create(self, request: Request) -> Response:
        """Begin to count. 409 where another count that is undecided has one of the variants."""
        data = checked(serializers.CountWriteSerializer, request).validated_data
        require_locations(self.actor, {data["location_id"]})
        require_variants(set(data["variant_ids"] or ()))
        made = counting.open_count(at=clock.now(), **data)
        return self._shown(made.pk, status=201)

    @action(detail=True, methods=["post"])
    def record(self, request: Request, pk: UUID) -> Response:
        """Note units, as often as needed; a line that must be counted again gets its second figure."""
        self.get_object()
        units = checked(serializers.CountRecordSerializer, request).units()
        counting.record_count(count_id=pk, units=units, at=clock.now())
        return self._shown(pk)

    @action(detail=True, methods=["post"])
    def submit(self, _request: Request, pk: UUID) -> Response:
        """Let somebody look at the differences. It stays open where lines must be counted again first."""
        self.get_object()
        counting.submit_count(count_id=pk, at=clock.now())
        return self._shown(pk)

    @action(detail=True, methods=["get"])
    def differences(self, _request: Request, pk: UUID) -> Response:
        """Say what differs and what posting would do, the costliest first; 409 while it is being counted."""
        count = self.get_object()
        if count.state == CountState.OPEN:
            raise counting.CountStateError(
                _("The count %(number)s is open; what is expected is told after it.") % {"number": count.number}
            )
        rows = differences(count=count, at=clock.now())
        return Response(serializers.DifferencesSerializer({"results": rows}).data)

    @action(detail=True, methods=["post"])
    def review(self, request: Request, pk: UUID) -> Response:
        """Accept or refuse what was found."""
        self.get_object()
        data = checked(serializers.ReviewSerializer, request).validated_data
        counting.review_lines(count_id=pk, at=clock.now(), **data)
        return self._shown(pk)

    @action(detail=True, methods=["post"])
    def recount(self, request: Request, pk: UUID) -> Response:
        """Send lines back to be counted again; the count is open until it is handed in anew."""
        self.get_object()
        data = checked(serializers.CountLinesSerializer, request).validated_data
        counting.request_recount(count_id=pk, at=clock.now(), **data)
        return self._shown(pk)

    @action(detail=True, methods=["post"], url_path="post")
    def post_differences(self, _request: Request, pk: UUID) -> Response:
        """Change the stock by the accepted differences."""
        self.get_object()
        variance = counting.post_count(count_id=pk, at=clock.now())
        return Response(serializers.PostedSerializer({"variance": variance}).data)

    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, pk: UUID) -> Response:
        """End it without posting."""
        self.get_object()
        counting.cancel_count(count_id=pk, at=clock.now())
        return self._shown(pk)

    def _shown(self, pk: UUID, *, status: int = 200) -> Response:
        return Response(
            STOCK_COUNT(CycleCount.objects.prefetch_related("lines__variant").get(pk=pk)).data, status=status
        )


@extend_schema_view(
    list=extend_schema(summary="List what the self-check found"),
    retrieve=extend_schema(summary="Read what the self-check found"),
)
class StockCheckViewSet(ReadOnlyMerchantViewSet):
    """Counters that disagreed with what they count, newest first."""

    policy: ClassVar[Policy] = {"list": READ, "retrieve": READ}
    serializer_class = serializers.StockCheckSerializer
    filterset_class = filters.CheckFilter

    def get_queryset(self) -> QuerySet[StockCheck]:
        """Return the merchant's findings."""
        found: QuerySet[StockCheck] = StockCheck.objects.all()
        return found if self.location_ids is None else found.filter(level__location_id__in=self.location_ids)
