"""What a replay of rules found, in figures for a page."""

from django.utils.translation import gettext_lazy as _

from channels.orders.services.replaying import Replay
from o2o.console.components import Stat, Table


def stats_of(replay: Replay) -> list[Stat]:
    """Return the figures of a replay, those of the rules as they are beside those with the new one."""
    then, new = replay.before, replay.after
    return [
        Stat(_("Orders replayed"), replay.orders, _("of the last 30 days, with the stock that they saw")),
        Stat(_("Orders that change"), replay.changed, tone="warning" if replay.changed else "neutral"),
        Stat(_("Split orders"), f"{then.split} → {new.split}"),
        Stat(
            _("Orders that wait"),
            f"{then.unrouted} → {new.unrouted}",
            tone="danger" if new.unrouted > then.unrouted else "neutral",
        ),
        Stat(_("Kilometres on average"), f"{_km(then.mean_km)} → {_km(new.mean_km)}"),
        Stat(_("Kilometres, nine of ten within"), f"{_km(then.p90_km)} → {_km(new.p90_km)}"),
        Stat(_("Stores emptied"), f"{then.emptied} → {new.emptied}", _("a variant sold down to nothing")),
    ]


def changes_of(replay: Replay) -> Table:
    """Return some orders that would have gone elsewhere."""
    rows = [(change.number, change.before or _("waits"), change.after or _("waits")) for change in replay.samples]
    return Table((_("Order"), _("Then"), _("With this rule")), rows, empty=_("No order would have gone elsewhere."))


def _km(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
