"""Makers of rows for tests. Those of tenant models take ``merchant`` and write in its scope."""

from typing import Any

import factory
from django.db import models

from o2o.accounts.models import User
from o2o.tenancy.enums import Role
from o2o.tenancy.models import Membership, Merchant
from o2o.tenancy.scope import platform_transaction, tenant_transaction


class MerchantFactory(factory.django.DjangoModelFactory[Merchant]):
    """A merchant."""

    class Meta:
        model = Merchant

    name = factory.Sequence(lambda number: f"Merchant {number}")
    slug = factory.Sequence(lambda number: f"merchant-{number}")

    @classmethod
    def _create(cls, model_class: type[Merchant], *args: Any, **fields: Any) -> Merchant:
        with platform_transaction():
            return super()._create(model_class, *args, **fields)


class TenantFactory(factory.django.DjangoModelFactory[Any]):
    """Base of the factories of tenant models."""

    class Meta:
        abstract = True

    merchant = factory.SubFactory(MerchantFactory)

    @classmethod
    def _create(cls, model_class: type[models.Model], *args: Any, **fields: Any) -> models.Model:
        with tenant_transaction(fields["merchant"].pk):
            return super()._create(model_class, *args, **fields)


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A person whose password is ``correct-horse-battery``."""

    class Meta:
        model = User

    email = factory.Sequence(lambda number: f"person{number}@example.com")
    name = factory.Sequence(lambda number: f"Person {number}")
    password = factory.django.Password("correct-horse-battery")


class MembershipFactory(TenantFactory):
    """A clerk of a merchant."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    role = Role.CLERK
