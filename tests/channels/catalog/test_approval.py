"""Prices that look like mistakes wait, whichever way they come, until somebody else has looked at them."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from channels.catalog import services
from channels.catalog.models import ChannelListing, PriceChangeRequest, PriceInterval
from channels.catalog.selectors.prices import prices_at
from channels.catalog.services import PriceWish
from channels.catalog.services.approving import OwnApprovalError, SettledAlreadyError
from channels.catalog.services.listings import AwaitsPriceError
from o2o.kit.errors import InvalidError
from o2o.tenancy.capabilities import CLIENT_SCOPES, ROLE_CAPABILITIES, Capability
from o2o.tenancy.enums import Role
from tests.channels.catalog.conftest import acting
from tests.channels.factories import SalesChannelFactory, VariantFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def variant(scope):
    return VariantFactory(merchant=scope)


def offer(scope, variant, price=18, at=AT, **fields):
    channel = SalesChannelFactory(merchant=scope)
    return services.create_listing(channel_id=channel.pk, variant_id=variant.pk, price=Decimal(price), at=at, **fields)


@pytest.fixture
def listing(scope, variant):
    return offer(scope, variant)


def wish(listing, price, **fields):
    return PriceWish(listing.pk, Decimal(price), **fields)


def is_held(done):
    return isinstance(done, PriceChangeRequest)


@pytest.mark.parametrize(
    "stretch",
    [
        {},
        {"valid_until": AT + HOUR},
        {"valid_from": AT + HOUR},
        {"valid_from": AT + 90 * DAY},
        {"valid_from": AT + HOUR, "valid_until": AT + 2 * HOUR},
    ],
)
def test_no_stretch_gets_a_mistake_past_the_alarm(listing, stretch):
    done = services.set_price(wish=wish(listing, "1.80", **stretch), at=AT)

    assert is_held(done)
    for at in (AT, AT + HOUR, AT + 91 * DAY):
        assert prices_at(listing_ids=[listing.pk], at=at)[listing.pk].price == 18


def test_small_steps_within_a_day_are_one_move(listing):
    done = [
        services.set_price(wish=wish(listing, price), at=AT + hour * HOUR)
        for hour, price in enumerate((15, 12, "10.50", "9.90"), start=1)
    ]

    # 10.50 is 42 % less than a day before and passes; 9.90 is 45 % less
    assert [is_held(one) for one in done] == [False, False, False, True]
    assert done[3].evidence["old"] == "18"


def test_small_steps_that_are_planned_are_one_move_too(listing):
    done = [
        services.set_price(wish=wish(listing, price, valid_from=AT + (30 + hour) * HOUR), at=AT)
        for hour, price in enumerate((15, 12, "9.90"), start=1)
    ]

    assert [is_held(one) for one in done] == [False, False, True]


def test_small_steps_in_one_call_are_one_move_too(listing):
    wishes = [wish(listing, price, valid_from=AT + hour * HOUR) for hour, price in enumerate((15, 12, 9, 6))]

    done = services.set_prices(wishes=wishes, at=AT)

    assert [row.price for row in done.held] == [9, 6]


def test_what_was_approved_is_what_the_next_move_is_measured_by(listing):
    request = services.set_price(wish=wish(listing, 9), at=AT)
    services.approve_price_change(request_id=request.pk, at=AT + HOUR)

    assert not is_held(services.set_price(wish=wish(listing, "9.50"), at=AT + 2 * HOUR))
    assert is_held(services.set_price(wish=wish(listing, 18), at=AT + 3 * HOUR))


def test_history_is_that_of_the_variant_over_its_channels(scope, variant):
    """Six calm moves in one channel make a move suspicious in another one that has never moved."""
    calm, other = offer(scope, variant), offer(scope, variant)
    stranger = offer(scope, VariantFactory(merchant=scope))
    for day, price in enumerate((17, 18, 19, 18, "17.50", 18), start=1):
        services.set_price(wish=wish(calm, price), at=AT + day * DAY)

    at = AT + 9 * DAY
    done = services.set_price(wish=wish(other, 13), at=at)

    assert is_held(done)
    assert done.evidence["moves"] == 6
    assert done.evidence["z"] < -3.5
    assert not is_held(services.set_price(wish=wish(stranger, 13), at=at))


def test_usual_depth_of_promotions_is_no_alarm_for_the_next_one(scope, variant):
    listing = offer(scope, variant)
    for day in range(1, 7):
        begin = AT + 2 * day * DAY
        stretch = {"valid_from": begin, "valid_until": begin + HOUR}
        services.set_price(wish=wish(listing, "10.80", **stretch), at=begin)
    at = AT + 20 * DAY

    assert not is_held(services.set_price(wish=wish(listing, "10.50", valid_until=at + HOUR), at=at))
    # for good it is a move as any other
    assert is_held(services.set_price(wish=wish(listing, "9"), at=at))


def test_regular_price_is_measured_by_the_regular_one_while_a_promotion_runs(listing):
    services.set_price(wish=wish(listing, 11, valid_until=AT + 9 * DAY), at=AT)

    assert not is_held(services.set_price(wish=wish(listing, 20), at=AT + HOUR))


def test_first_price_far_from_the_other_channels_waits_hidden(scope, variant, listing):
    other = offer(scope, variant, "1.80")

    assert (other.awaits_price, other.is_visible) == (True, False)
    assert not prices_at(listing_ids=[other.pk], at=AT + DAY)
    for show in (
        lambda: services.set_visibility(listing_ids=[other.pk], is_visible=True, at=AT),
        lambda: services.update_listing(listing_id=other.pk, is_visible=True, at=AT),
    ):
        with pytest.raises(AwaitsPriceError):
            show()
    with pytest.raises(IntegrityError, match="listing_hidden_without_price"), transaction.atomic():
        ChannelListing.objects.filter(pk=other.pk).update(is_visible=True)

    services.approve_price_change(request_id=PriceChangeRequest.objects.get().pk, at=AT + HOUR)

    other.refresh_from_db()
    assert (other.awaits_price, other.is_visible, other.price) == (False, True, Decimal("1.80"))


def test_listing_that_waits_takes_a_price_that_looks_right_instead(scope, variant, listing):
    other = offer(scope, variant, "1.80")
    assert is_held(services.set_price(wish=wish(other, 2), at=AT))

    services.set_price(wish=wish(other, 19), at=AT)

    other.refresh_from_db()
    assert (other.awaits_price, other.price) == (False, 19)
    assert set(PriceChangeRequest.objects.values_list("state", flat=True)) == {"superseded"}


def test_newer_price_takes_the_place_of_a_held_one(listing):
    request = services.set_price(wish=wish(listing, 1), at=AT)
    services.set_price(wish=wish(listing, 17), at=AT + HOUR)

    with pytest.raises(SettledAlreadyError):
        services.approve_price_change(request_id=request.pk, at=AT + HOUR)

    listing.refresh_from_db()
    assert listing.price == 17


def test_nobody_approves_their_own_wish_under_another_name(listing):
    person = uuid.uuid4()
    with acting("Wei", person):
        request = services.set_price(wish=wish(listing, 1), at=AT)

    for label, actor_id in (("Wei", uuid.uuid4()), ("Wei Ling", person)):
        with acting(label, actor_id), pytest.raises(OwnApprovalError):
            services.approve_price_change(request_id=request.pk, at=AT)

    assert PriceInterval.objects.count() == 1
    with acting("Ling", uuid.uuid4()):
        services.approve_price_change(request_id=request.pk, at=AT)
    assert PriceInterval.objects.filter(is_approved=True).count() == 1


def test_only_people_of_some_roles_approve():
    approvers = {role for role, granted in ROLE_CAPABILITIES.items() if Capability.CATALOG_APPROVE in granted}

    assert approvers == {Role.OWNER, Role.OPERATIONS}
    assert Capability.CATALOG_APPROVE not in CLIENT_SCOPES


def test_held_price_expires_by_itself_and_is_not_approved_even_before_the_clock_comes(listing):
    request = services.set_price(wish=wish(listing, 1), at=AT)
    brief = services.set_price(wish=wish(listing, 2, valid_until=AT + HOUR), at=AT)

    for row, at in ((request, AT + 7 * DAY), (brief, AT + HOUR)):
        with pytest.raises(InvalidError, match="expired"):
            services.approve_price_change(request_id=row.pk, at=at)

    assert services.expire_held_prices(at=AT + HOUR) == 1
    assert services.expire_held_prices(at=AT + 7 * DAY) == 1
    assert services.expire_held_prices(at=AT + 7 * DAY) == 0
    assert set(PriceChangeRequest.objects.values_list("state", flat=True)) == {"expired"}


def test_settling_twice_is_told(listing):
    request = services.set_price(wish=wish(listing, 1), at=AT)
    services.refuse_price_change(request_id=request.pk, at=AT)

    with pytest.raises(SettledAlreadyError, match="refused"):
        services.approve_price_change(request_id=request.pk, at=AT)

    assert PriceInterval.objects.count() == 1
