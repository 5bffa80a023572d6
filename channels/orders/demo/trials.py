"""A rule that somebody has drafted and tried on the month's orders, before it goes anywhere."""

from datetime import datetime

from django.utils import translation

from channels.orders.models import RoutingRule, RuleReplay
from channels.orders.services.replaying import start_replay
from channels.stores.demo.building import acting_in_console, people
from o2o.kit.jobs.running import run_job
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction

WAIT_SECONDS = 30.0


def load(merchant: Merchant, *, operator: str, at: datetime) -> str:
    """Try the drafted rules of a chain that nobody has tried yet. Not in one transaction: a job does it."""
    with tenant_transaction(merchant.pk), translation.override(merchant.language):
        actor = people()[operator]
        drafts = RoutingRule.objects.filter(is_active=False).exclude(pk__in=RuleReplay.objects.values("rule_id"))
        with acting_in_console(actor):
            trials = [
                start_replay(
                    name=rule.name,
                    definition=rule.definition,
                    position=rule.position,
                    rule_id=rule.pk,
                    at=at,
                    actor=actor,
                )
                for rule in drafts
            ]
    for job_id in [trial.job_id for trial in trials if trial.job_id]:
        # A worker that was faster has it already.
        run_job(merchant_id=merchant.pk, job_id=job_id, seconds=WAIT_SECONDS)
    return f"{len(trials)} rules tried"
