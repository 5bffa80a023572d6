"""Rows of the lists of routing rules and of times to accept."""

from django.db import models

from channels.orders.models import AcceptancePolicy, RoutingRule
from o2o.kit.models import uuid7
from o2o.tenancy.models import Merchant
from tests.channels.factories import SalesChannelFactory
from tests.o2o.console.rows import row_of


@row_of(AcceptancePolicy)
def acceptance_policy(merchant: Merchant) -> models.Model:
    channel = SalesChannelFactory(merchant=merchant)
    return AcceptancePolicy.objects.create(channel=channel, remind_minutes=10, accept_minutes=30)


@row_of(RoutingRule)
def routing_rule(_merchant: Merchant) -> models.Model:
    return RoutingRule.objects.create(name=f"Rule {uuid7()}", definition={"goals": ["distance"]})
