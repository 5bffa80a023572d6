"""Rules tried on past orders before they are saved: begun, gone on with piece by piece, stopped."""

import json
import uuid
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.orders.enums import ReplayPeriod
from channels.orders.models import Order, RoutingRule, RuleReplay
from channels.orders.routing import Rule, parse_rule
from channels.orders.routing.trials import Side, Trial, change_to_json, trial_from_json, trial_to_json
from channels.orders.selectors import rules_of_now
from channels.orders.services.replayed_orders import (
    Window,
    candidates_of_channels,
    demands_of,
    free_units,
    next_orders,
    units_taken,
    window_of,
)
from channels.orders.services.rules import check_definition
from o2o.kit.errors import DomainError, ForbiddenError, NotFoundError, UnknownReferenceError
from o2o.kit.jobs.enums import FINISHED
from o2o.kit.jobs.services import cancel_job, start_job
from o2o.tenancy.actor import Actor

JOB = "orders.replay_rule"
AT_ONCE = 200
KEPT_FOR = timedelta(days=180)

Place = tuple[datetime, uuid.UUID]
"""When an order was placed, and its id: where the next piece begins."""


class ReplayOverError(DomainError):
    """The trial is over and cannot be stopped any more."""

    code = "replay_over"
    title = gettext_lazy("The trial is over")


@dataclass(frozen=True, slots=True)
class Step:
    """What one piece of a trial did: the orders that it looked at, and where the next begins (None: it is over)."""

    looked_at: int
    after: Place | None


def require_all_stores(actor: Actor) -> None:
    """Refuse those who are bound to some stores: rules send orders to all of them. Raises ``ForbiddenError``."""
    if actor.location_ids is not None:
        raise ForbiddenError(_("Routing rules concern every store. Ask somebody who works for all of them."))


@transaction.atomic
def start_replay(
    *,
    name: str,
    definition: dict[str, Any],
    position: int,
    at: datetime,
    actor: Actor | None = None,
    days: int = ReplayPeriod.MONTH,
    rule_id: uuid.UUID | None = None,
    is_active: bool = True,
) -> RuleReplay:
    """Begin to try a rule on the orders of the last days; a job does it. No order and no rule is changed.

    With ``rule_id`` it is tried in the place of that rule. The rules of this moment are those that it is compared with,
    whatever becomes of them meanwhile. Raises ``ForbiddenError``, ``InvalidError`` and ``UnknownReferenceError``.
    """
    if actor is not None:
        require_all_stores(actor)
    check_definition(name, definition)
    if rule_id is not None and not RoutingRule.objects.filter(pk=rule_id).exists():
        raise UnknownReferenceError(_("There is no rule %(id)s.") % {"id": rule_id})
    _forget_old(at)
    window = window_of(days=days, until=at)
    replay = RuleReplay.objects.create(
        rule_id=rule_id,
        name=name,
        definition=definition,
        position=position,
        is_active=is_active,
        others=rules_of_now(),
        days=days,
        since=window.since,
        until=window.until,
    )
    title = _("Try “%(rule)s” on past orders") % {"rule": name}
    replay.job = start_job(kind=JOB, title=title, parameters={"replay_id": str(replay.pk)}, actor=actor)
    replay.save(update_fields=("job", "updated_at"))
    return replay


def stop_replay(*, replay_id: uuid.UUID, at: datetime) -> RuleReplay:
    """Stop a trial after the piece that is being done; it has no result then.

    Raises ``NotFoundError`` and ``ReplayOverError``.
    """
    replay = RuleReplay.objects.select_related("job").filter(pk=replay_id).first()
    if replay is None:
        raise NotFoundError(_("There is no trial %(id)s.") % {"id": replay_id})
    if replay.job is None or replay.job.state in FINISHED:
        raise ReplayOverError(_("The trial of “%(rule)s” is over; there is nothing to stop.") % {"rule": replay.name})
    replay.job = cancel_job(job_id=replay.job.pk, at=at)
    return replay


def keep_for_rule(*, replay_id: uuid.UUID, rule: RoutingRule) -> None:
    """Let the trial of a rule that was not saved yet belong to the rule that came of it."""
    RuleReplay.objects.filter(pk=replay_id, rule=None).update(rule=rule)


def orders_to_look_at(*, replay_id: uuid.UUID) -> int:
    """Return how many orders a trial looks at in all."""
    replay = RuleReplay.objects.filter(pk=replay_id).first()
    return _window(replay).orders().count() if replay else 0


@transaction.atomic
def replay_next(*, replay_id: uuid.UUID, after: Place | None, at: datetime, limit: int = AT_ONCE) -> Step:
    """Decide the next orders on both sides and keep how far the trial is; at the end, its result.

    Goes on from what the last piece has kept, so that it does not matter who does it. At most nine queries, however
    many orders, lines and locations.
    """
    replay = RuleReplay.objects.filter(pk=replay_id).first()
    if replay is None or replay.finished_at is not None:
        return Step(0, None)
    window = _window(replay)
    trial = _trial(replay, window)
    orders = next_orders(window, after=after, limit=limit)
    demands = demands_of(orders, [*trial.before.rules, *trial.after.rules])
    candidates = candidates_of_channels({demand.channel_id for demand in demands}, at=window.until)
    trial.decide(demands, candidates, free_units(demands, candidates, at=at), at=window.until)
    if len(orders) == limit:
        _keep(replay, progress=zlib.compress(json.dumps(trial_to_json(trial)).encode(), level=1))
        return Step(limit, (orders[-1].placed_at, orders[-1].pk))
    _keep(replay, progress=None, result=_result(trial), finished_at=at)
    return Step(len(orders), None)


def _trial(replay: RuleReplay, window: Window) -> Trial:
    before, after = _sides(replay)
    if replay.progress is not None:
        return trial_from_json(json.loads(zlib.decompress(replay.progress)), before, after)
    taken = units_taken(window)
    return Trial(before=Side(before, dict(taken)), after=Side(after, dict(taken)))


def _sides(replay: RuleReplay) -> tuple[list[Rule], list[Rule]]:
    """Return the rules of that moment, and these with the one on trial, each in the order in which they are asked."""
    tried = {"id": str(replay.rule_id or replay.pk), "name": replay.name, "position": replay.position}
    kept = [row for row in replay.others if row["id"] != tried["id"]]
    if replay.is_active:
        kept.append({**tried, "definition": replay.definition})
    return _parsed(replay.others), _parsed(sorted(kept, key=lambda row: (row["position"], row["id"])))


def _parsed(rows: Sequence[Mapping[str, Any]]) -> list[Rule]:
    return [parse_rule(row["name"], row["definition"]) for row in rows]


def _window(replay: RuleReplay) -> Window:
    return Window(replay.since, replay.until)


def _keep(replay: RuleReplay, **fields: Any) -> None:
    RuleReplay.objects.filter(pk=replay.pk).update(**fields)


def _result(trial: Trial) -> dict[str, Any]:
    ids = [change.order_id for change in trial.samples]
    orders = {order.pk: order for order in Order.objects.filter(pk__in=ids).only("number", "method", "placed_at")}
    return {
        "orders": trial.orders,
        "changed": trial.changed,
        "before": asdict(trial.before.figures()),
        "after": asdict(trial.after.figures()),
        "samples": [
            {
                **change_to_json(change),
                "number": orders[change.order_id].number,
                "method": orders[change.order_id].method,
                "placed_at": orders[change.order_id].placed_at.isoformat(),
            }
            for change in trial.samples
            if change.order_id in orders
        ],
    }


def _forget_old(at: datetime) -> None:
    RuleReplay.objects.filter(created_at__lt=at - KEPT_FOR).delete()
