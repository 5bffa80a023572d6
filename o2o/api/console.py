"""What the operators' first page says about the health of the installation."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from o2o.api.health import readiness
from o2o.api.models import InvariantResult
from o2o.console import Panel, badge
from o2o.console.components import Table
from o2o.console.overview import overview_panels
from o2o.kit.invariants import invariants


@overview_panels
def health() -> Iterable[Panel]:
    """The parts without which requests cannot be served."""
    rows = [
        (part.name, badge(_("works"), "success") if part.is_ok else badge(_("does not answer"), "danger"), part.detail)
        for part in readiness()
    ]
    yield Panel(_("Health"), table=Table((_("Part"), _("State"), _("Detail")), rows))


@overview_panels
def what_must_hold() -> Iterable[Panel]:
    """The last answer to each invariant."""
    last = {result.name: result for result in InvariantResult.objects.all()}
    rows = []
    for invariant in invariants():
        result = last.get(invariant.name)
        if result is None:
            state = badge(_("not asked yet"))
        elif result.holds:
            state = badge(pgettext("invariant", "holds"), "success")
        else:
            state = badge(_("broken: %(count)s") % {"count": result.violations or result.error}, "danger")
        rows.append((invariant.label, state, result.checked_at if result else None))
    yield Panel(_("What must always hold"), table=Table((_("Invariant"), _("State"), _("Checked at")), rows))
