"""The shelves of a chain by codes and SKUs, for those who tell what happened there."""

import random
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from channels.catalog.models import Variant
from channels.inventory.enums import CountState
from channels.inventory.lines import StockLine
from channels.inventory.models import CycleCount
from channels.inventory.services import receive_stock
from channels.inventory.services.counting import record_count, submit_count
from channels.inventory.services.opening_counts import open_count
from channels.inventory.services.transferring import receive_transfer, request_transfer, ship_transfer
from channels.stores.demo.building import acting_in_console
from channels.stores.models import StockLocation
from o2o.tenancy.actor import Actor


class Shelf:
    """Variants by SKU and locations by code, and the same luck on each run. Two queries."""

    def __init__(self, seed: int) -> None:
        # Not for secrets: the same demonstration each time.
        self.luck = random.Random(seed)  # noqa: S311
        self.variants: Mapping[str, uuid.UUID] = dict(Variant.objects.values_list("sku", "pk"))
        self.places: Mapping[str, uuid.UUID] = dict(StockLocation.objects.values_list("code", "pk"))

    def units(self, wanted: Mapping[str, int]) -> dict[uuid.UUID, int]:
        """Return units by the id of their variant."""
        return {self.variants[sku]: count for sku, count in wanted.items()}

    def receive(self, code: str, wanted: Mapping[str, int], *, at: datetime, note: str = "") -> None:
        """Take goods in at a location."""
        lines = [StockLine(self.variants[sku], self.places[code], count) for sku, count in wanted.items() if count]
        receive_stock(lines=lines, at=at, note=note)

    def transfer(
        self,
        source: str,
        destination: str,
        wanted: Mapping[str, int],
        *,
        asked_at: datetime,
        by: Actor,
        note: str = "",
        shipped_at: datetime | None = None,
        received_at: datetime | None = None,
        received: Mapping[str, int] | None = None,
        damaged: Mapping[str, tuple[int, str]] | None = None,
    ) -> uuid.UUID:
        """Let goods be asked for, and shipped and received where there is a time for it; return the transfer's id."""
        with acting_in_console(by):
            transfer = request_transfer(
                source_id=self.places[source],
                destination_id=self.places[destination],
                units=self.units(wanted),
                note=note,
                at=asked_at,
            )
            if shipped_at is not None:
                ship_transfer(transfer_id=transfer.pk, at=shipped_at)
            if received_at is not None:
                arrived = self.units({**wanted, **(received or {})})
                broken = damaged or {}
                receive_transfer(
                    transfer_id=transfer.pk,
                    received=arrived,
                    damaged=self.units({sku: units for sku, (units, _reason) in broken.items()}),
                    damage_reasons={self.variants[sku]: reason for sku, (_units, reason) in broken.items()},
                    at=received_at,
                )
        return transfer.pk

    def count(
        self, code: str, found: Mapping[str, int | None], *, at: datetime, reason: str, recount_above: int = 2
    ) -> CycleCount:
        """Open a count and write down what was found, as a difference to the books (None: not counted yet)."""
        count = open_count(
            location_id=self.places[code],
            variant_ids=[self.variants[sku] for sku in found],
            reason=reason,
            recount_above=recount_above,
            at=at,
        )
        books = self._books(code, found)
        units = {sku: max(books[sku] + delta, 0) for sku, delta in found.items() if delta is not None}
        if units:
            record_count(count_id=count.pk, units=self.units(units), at=at)
        return count

    def submit(self, count: CycleCount, *, at: datetime) -> None:
        """Hand a count in; what differs too much is counted a second time first, with the same result."""
        if submit_count(count_id=count.pk, at=at).state == CountState.OPEN:
            again = {line.variant_id: line.counted or 0 for line in count.lines.filter(needs_recount=True)}
            record_count(count_id=count.pk, units=again, at=at)
            submit_count(count_id=count.pk, at=at)

    def _books(self, code: str, skus: Collection[str]) -> dict[str, int]:
        rows = StockLocation.objects.get(code=code).levels.filter(variant__sku__in=skus)
        return dict.fromkeys(skus, 0) | dict(rows.values_list("variant__sku", "on_hand"))
