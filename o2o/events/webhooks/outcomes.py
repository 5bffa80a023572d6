"""What came of handing over one message."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A message that this process alone may send until its claim runs out; a copy, so that no row is held."""

    id: uuid.UUID
    merchant_id: uuid.UUID
    endpoint_id: uuid.UUID
    claim: uuid.UUID
    url: str
    body: str = field(repr=False)
    sealed_secrets: tuple[str, ...] = field(repr=False)
    event_type: str
    tries: int
    is_slow: bool = False

    @property
    def message_id(self) -> str:
        """The ``webhook-id``."""
        return f"msg_{self.id.hex}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one message, or why there was none. ``failure`` is empty when it was taken (2xx)."""

    delivery: ClaimedDelivery
    started_at: datetime
    ended_at: datetime
    milliseconds: int
    status: int | None = None
    failure: str = ""
    detail: str = ""
    snippet: str = ""
    address: str = ""
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        """Whether the receiver took the message."""
        return self.failure == ""

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more messages, for good."""
        return self.status == 410
