"""The answers that were given to writes with an ``Idempotency-Key``."""

from django.db import models

from o2o.tenancy.models import TenantModel


class StoredAnswer(TenantModel):
    """The first answer to a write, given again to whoever repeats the write.

    Keys belong to a merchant and an actor: two clients may use the same key. ``fingerprint`` is the SHA-256 of
    method, path, query and body. ``body`` is sealed, since answers may hold secrets that are shown only once.
    """

    actor_id = models.UUIDField(editable=False)
    key = models.CharField(max_length=255, editable=False)
    fingerprint = models.BinaryField(editable=False)
    status = models.PositiveSmallIntegerField(editable=False)
    headers = models.JSONField(default=dict, editable=False)
    body = models.BinaryField(editable=False)
    expires_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("merchant", "actor_id", "key"), name="stored_answer_one_per_key"),
            models.CheckConstraint(
                condition=models.Q(status__gte=200, status__lt=500), name="stored_answer_final_status"
            ),
        )
        # serves: the purge of what has expired, over all merchants
        indexes = (models.Index(fields=("expires_at",), name="stored_answer_expiry"),)

    def __str__(self) -> str:
        return self.key
