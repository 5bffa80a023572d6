"""Where events are sent, each message on its way, and each attempt."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from o2o.events.webhooks.enums import SETTLED, DisabledReason, Failure, WebhookState
from o2o.kit import clock
from o2o.kit.audit import audited
from o2o.tenancy.models import TenantModel

NOT_AUDITED = (
    "secrets",
    "failing_since",
    "consecutive_failures",
    "last_success_at",
    "last_failure_at",
    "average_milliseconds",
)


@audited(exclude=NOT_AUDITED)
class WebhookEndpoint(TenantModel):
    """An address to which a merchant wants events sent.

    ``event_types`` holds types (``order.placed``) and prefixes (``order.*``); empty means every event. ``secrets``
    is a list of ``{"sealed", "created_at", "expires_at"}``, newest first: all that have not expired sign. The last
    five fields are the endpoint's health, written by the dispatcher and not worth an audit entry.
    """

    url = models.URLField(_("address"), max_length=2000)
    description = models.CharField(_("description"), max_length=200, blank=True)
    event_types = ArrayField(models.CharField(max_length=80), default=list, blank=True, verbose_name=_("events"))
    api_version = models.CharField(_("API version"), max_length=10, default="v1", editable=False)
    is_enabled = models.BooleanField(_("on"), default=True)
    disabled_reason = models.CharField(
        _("why it is off"), max_length=10, choices=DisabledReason.choices, blank=True, editable=False
    )
    disabled_at = models.DateTimeField(_("off since"), null=True, editable=False)
    secrets = models.JSONField(default=list, editable=False)
    secret_rotated_at = models.DateTimeField(_("secret changed at"), null=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    consecutive_failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    last_failure_at = models.DateTimeField(_("last failure"), null=True, editable=False)
    average_milliseconds = models.PositiveIntegerField(_("average time to answer, ms"), null=True, editable=False)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(is_enabled=True, disabled_reason="", disabled_at=None)
                | models.Q(is_enabled=False, disabled_reason__in=DisabledReason.values, disabled_at__isnull=False),
                name="webhook_endpoint_off_with_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(failing_since=None, consecutive_failures=0)
                | models.Q(failing_since__isnull=False, consecutive_failures__gt=0),
                name="webhook_endpoint_failing_since",
            ),
        )

    def __str__(self) -> str:
        return self.description or self.url


class WebhookDelivery(TenantModel):
    """One event's message to one endpoint.

    ``body`` is what is sent, to the byte, at every try. ``tries`` counts those of the present round (a replay begins
    a new one) and is raised before the message leaves, so that a sender that dies is counted too; ``attempt_count``
    counts all that ended. ``claim`` is the token of the dispatcher that is sending it until ``claimed_until``.
    """

    updated_at = None  # type: ignore[assignment]
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,  # the constraint and the indexes below begin with it
        verbose_name=_("endpoint"),
    )
    event_id = models.UUIDField(_("event"), editable=False)
    event_type = models.CharField(_("type"), max_length=80)
    sequence = models.BigIntegerField(_("position"), default=0, editable=False)
    body = models.TextField(_("content"), editable=False)
    state = models.CharField(_("state"), max_length=10, choices=WebhookState.choices, default=WebhookState.PENDING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    attempt_count = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), default=clock.now)
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    last_status = models.PositiveSmallIntegerField(_("last status"), null=True)
    last_error = models.CharField(_("last error"), max_length=24, choices=Failure.choices, blank=True)
    last_duration_milliseconds = models.PositiveIntegerField(_("last duration, ms"), null=True)
    response_snippet = models.TextField(_("last answer"), blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = (
            models.UniqueConstraint(fields=("merchant", "endpoint", "event_id"), name="webhook_delivery_one_per_event"),
            models.CheckConstraint(
                condition=models.Q(state__in=WebhookState.values), name="webhook_delivery_known_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state=WebhookState.SENDING, claim__isnull=False, claimed_until__isnull=False)
                | (~models.Q(state=WebhookState.SENDING) & models.Q(claim=None, claimed_until=None)),
                name="webhook_delivery_claimed_while_sending",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=SETTLED, settled_at__isnull=False)
                | (~models.Q(state__in=SETTLED) & models.Q(settled_at=None)),
                name="webhook_delivery_settled",
            ),
        )
        indexes = (
            # serves: which endpoints have something waiting, and the oldest of each
            models.Index(
                fields=("endpoint", "next_attempt_at", "id"),
                name="webhook_delivery_due",
                condition=models.Q(state=WebhookState.PENDING),
            ),
            # serves: how much is in flight to an endpoint, and claims that have run out
            models.Index(
                fields=("endpoint", "claimed_until"),
                name="webhook_delivery_sending",
                condition=models.Q(state=WebhookState.SENDING),
            ),
            # serves: dead letters of a merchant
            models.Index(
                fields=("merchant", "-id"),
                name="webhook_delivery_dead",
                condition=models.Q(state=WebhookState.DEAD),
            ),
            # serves: the delivery log, of a merchant and of an endpoint, newest first, and replay by range
            models.Index(fields=("merchant", "-id"), name="webhook_delivery_log"),
            models.Index(fields=("endpoint", "-id"), name="webhook_delivery_endpoint_log"),
            models.Index(fields=("endpoint", "created_at"), name="webhook_delivery_range"),
            # serves: removing what was settled long ago
            models.Index(
                fields=("settled_at",),
                name="webhook_delivery_old",
                condition=models.Q(settled_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.event_type} → {self.endpoint_id}"

    @property
    def message_id(self) -> str:
        """The ``webhook-id``: the same at every try and replay, so that the receiver can tell a repetition."""
        return f"msg_{self.pk.hex}"


class WebhookAttempt(TenantModel):
    """One try to hand over a message, and what came of it; never changed afterwards."""

    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]
    delivery = models.ForeignKey(
        WebhookDelivery,
        on_delete=models.CASCADE,
        related_name="attempts",
        db_index=False,  # the index below begins with it
        verbose_name=_("delivery"),
    )
    started_at = models.DateTimeField(_("started at"))
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    error = models.CharField(_("error"), max_length=24, choices=Failure.choices, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    address = models.CharField(_("IP address"), max_length=45, blank=True)
    duration_milliseconds = models.PositiveIntegerField(_("duration, ms"), null=True)
    response_snippet = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("webhook attempt")
        verbose_name_plural = _("webhook attempts")
        # serves: the log of a delivery
        indexes = (models.Index(fields=("delivery", "started_at"), name="webhook_attempt_log"),)

    def __str__(self) -> str:
        return f"{self.status or self.error} {self.started_at:%Y-%m-%d %H:%M:%S}"
