"""Rows of the lists of routing rules and of times to accept."""

from django.db import models

from channels.orders.models import AcceptancePolicy, RoutingRule
from channels.orders.services.replaying import REPLAY
from o2o.kit.jobs.models import Job
from o2o.kit.models import uuid7
from o2o.tenancy.models import Merchant
from tests.channels.factories import SalesChannelFactory
from tests.o2o.console.rows import KEYS, MAKERS, row_of


@row_of(AcceptancePolicy)
def acceptance_policy(merchant: Merchant) -> models.Model:
    channel = SalesChannelFactory(merchant=merchant)
    return AcceptancePolicy.objects.create(channel=channel, remind_minutes=10, accept_minutes=30)


@row_of(RoutingRule)
def routing_rule(_merchant: Merchant) -> models.Model:
    return RoutingRule.objects.create(name=f"Rule {uuid7()}", definition={"goals": ["distance"]})


class Trial:
    """What the page about a trial names in its address; no list, so it stands here only as a key."""


def trial(_merchant: Merchant) -> models.Model:
    draft = {"rule_id": None, "name": "near", "definition": {}, "is_active": True}
    return Job.objects.create(kind=REPLAY, title="Trial", parameters={"draft": draft})


MAKERS[Trial] = trial  # type: ignore[index]
KEYS["trial_id"] = Trial  # type: ignore[assignment]
KEYS["rule_id"] = RoutingRule
