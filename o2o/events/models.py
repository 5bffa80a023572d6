"""The outbox, the partitions in which it is worked, and the deliveries to subscribers."""

from django.db import models
from django.db.models.expressions import Func, Value
from django.utils.translation import gettext_lazy as _

from o2o.events.enums import DeliveryState
from o2o.events.idempotency.models import StoredAnswer as StoredAnswer  # a model of this app, in its own room
from o2o.events.webhooks.models import WebhookEndpoint as WebhookEndpoint  # and its deliveries and attempts
from o2o.kit import clock
from o2o.tenancy.models import TenantDetail, TenantModel

PARTITIONS = 16


class NextPosition(Func):
    """The next position in the outbox. The sequence hands them out singly, so that later means greater."""

    function = "nextval"

    def __init__(self, *expressions: object, **extra: object) -> None:
        super().__init__(*(expressions or (Value("events_position"),)), output_field=models.BigIntegerField(), **extra)


class Partition(models.Model):
    """One of the lanes of the outbox. Whoever holds the lock on its row works it, alone."""

    number = models.PositiveSmallIntegerField(primary_key=True)

    class Meta:
        verbose_name = _("outbox partition")
        verbose_name_plural = _("outbox partitions")

    def __str__(self) -> str:
        return str(self.number)


class OutboxEvent(TenantDetail):
    """An event as it was emitted; only ``published_at`` and ``subscriber_count`` are written later, by the relay.

    ``position`` grows along the events of one aggregate, because whoever changes an aggregate holds its row lock
    from before the event until the commit. Over different aggregates it tells the order of writing, not of commits.
    """

    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]
    position = models.BigIntegerField(_("position"), unique=True, editable=False, db_default=NextPosition())
    partition = models.PositiveSmallIntegerField(_("partition"), editable=False)
    event_type = models.CharField(_("type"), max_length=80)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    aggregate_type = models.CharField(_("kind of thing"), max_length=40)
    aggregate_id = models.UUIDField(_("thing"))
    payload = models.JSONField(_("content"))
    occurred_at = models.DateTimeField(_("occurred at"), default=clock.now)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    subscriber_count = models.PositiveSmallIntegerField(_("subscribers"), null=True, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = (
            # serves: what the relay has still to publish, in order
            models.Index(
                fields=("partition", "position"), name="outbox_unpublished", condition=models.Q(published_at=None)
            ),
            # serve: the list of a merchant's events, all, by type, by thing
            models.Index(fields=("merchant", "position"), name="outbox_list"),
            models.Index(fields=("merchant", "event_type", "position"), name="outbox_by_type"),
            models.Index(fields=("merchant", "aggregate_id", "position"), name="outbox_by_aggregate"),
        )

    def __str__(self) -> str:
        return f"{self.event_type} {self.position}"


class EventDelivery(TenantModel):
    """An event on its way to one subscriber.

    The deliveries of one subscriber and aggregate are a line: an earlier pending one holds up the later ones.
    ``attempts`` is counted before the handler runs, so that a handler that takes its worker with it is counted too;
    ``is_suspect`` is set with it and taken back when the attempt ends, one way or the other.
    """

    updated_at = None  # type: ignore[assignment]
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("event"))
    subscriber = models.CharField(_("subscriber"), max_length=80)
    partition = models.PositiveSmallIntegerField(_("partition"), editable=False)
    position = models.BigIntegerField(_("position"), editable=False)
    aggregate_id = models.UUIDField(_("thing"))
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), default=clock.now)
    claimed_until = models.DateTimeField(null=True, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    is_suspect = models.BooleanField(
        _("suspect"), default=False, help_text=_("An attempt did not end: the worker died or ran out of time.")
    )
    last_error = models.TextField(_("last error"), blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = (
            models.UniqueConstraint(fields=("event", "subscriber"), name="delivery_once_per_subscriber"),
            models.CheckConstraint(condition=models.Q(state__in=DeliveryState.values), name="delivery_known_state"),
        )
        indexes = (
            # serves: what is due in a partition, in order
            models.Index(
                fields=("partition", "position"),
                name="delivery_pending",
                condition=models.Q(state=DeliveryState.PENDING),
            ),
            # serves: whether an earlier delivery of the same line is in somebody's hands or waits for its next try
            models.Index(
                fields=("subscriber", "aggregate_id", "position"),
                name="delivery_held_up",
                condition=models.Q(state=DeliveryState.PENDING) & (models.Q(attempts__gt=0) | ~models.Q(claim=None)),
            ),
            # serves: which subscribers' handlers do not end
            models.Index(fields=("subscriber",), name="delivery_suspects", condition=models.Q(is_suspect=True)),
            # serves: the list of dead letters
            models.Index(
                fields=("merchant", "position"),
                name="delivery_dead",
                condition=models.Q(state=DeliveryState.DEAD),
            ),
        )

    def __str__(self) -> str:
        return f"{self.subscriber} ← {self.position}"
