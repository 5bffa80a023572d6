"""django-oscar's ``OrderCreator`` on our PostgreSQL: the reference of ``bench/orders.py``.

Imported by our Python it starts runs; in a Python that has django-oscar 4 it is one of their processes. Each turns
baskets of three lines into orders, with the stock allocated, as ``place_order`` of django-oscar's checkout does. The
baskets were made before, which is ``OrderCreator`` alone, or it fills them first, which is the way from three products
to an order that our calls go too. Nothing of the project is imported there.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

LINES = 3
PRODUCTS = 3_000
BASKETS_PER_SECOND = 60
PROCESS = "oscar_process"
WAYS = ("made", "filled")


def orders_per_second(python: str, *, processes: int, seconds: float, rounds: int) -> dict[str, float]:
    """Make a database, fill it and measure; return the medians of the rounds by way: ``made`` or ``filled`` baskets."""
    from tests import database

    name = f"o2o_test_oscar_{os.getpid()}"
    with database.as_owner("postgres") as owner, owner.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    environment = {**os.environ, "OSCAR_DATABASE_URL": database.owner_url(name)}
    try:
        _run(python, environment, "prepare")
        return {
            way: statistics.median(
                sum(_together(python, environment, way, processes=processes, seconds=seconds)) / seconds
                for _round in range(rounds)
            )
            for way in WAYS
        }
    finally:
        database.drop_database(name)


def _run(python: str, environment: dict[str, str], *arguments: str) -> str:
    command = [*_program(python), *arguments]
    done = subprocess.run(
        command, env=environment, cwd=tempfile.gettempdir(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"django-oscar failed: {done.stderr[-2000:]}")
    return done.stdout


def _program(python: str) -> list[str]:
    # Not as a script, for then the modules beside it would hide those of the same names.
    return [python, "-c", f"import runpy; runpy.run_path({__file__!r}, run_name={PROCESS!r})"]


def _together(python: str, environment: dict[str, str], way: str, *, processes: int, seconds: float) -> list[int]:
    begins = time.time() + 8 + (seconds * BASKETS_PER_SECOND / 20 if way == "made" else 0)
    command = [*_program(python), way, str(begins), str(seconds)]
    running = [
        subprocess.Popen(command, env=environment, cwd=tempfile.gettempdir(), stdout=subprocess.PIPE, text=True)
        for _number in range(processes)
    ]
    answers = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise RuntimeError("A process of django-oscar failed.")
    return [int(answer.split()[-1]) for answer in answers]


def configure() -> None:
    """Set Django up with the apps of django-oscar, as its documentation lists them."""
    import django
    from django.conf import settings
    from oscar import defaults

    url = urlsplit(os.environ["OSCAR_DATABASE_URL"])
    shop = (
        "analytics checkout address shipping catalogue communication partner basket payment offer order customer search"
        " voucher wishlists dashboard"
    )
    dashboards = "reports users orders catalogue offers partners pages ranges reviews vouchers communications shipping"
    settings.configure(
        **{name: getattr(defaults, name) for name in dir(defaults) if name.startswith("OSCAR_")},
        SECRET_KEY=uuid.uuid4().hex,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
                "PASSWORD": url.password, "HOST": url.hostname, "PORT": url.port,
            }
        },
        INSTALLED_APPS=[
            "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
            "django.contrib.messages", "django.contrib.sites", "django.contrib.flatpages", "oscar.config.Shop",
            *(f"oscar.apps.{name}.apps.{name.title()}Config" for name in shop.split()),
            "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
            *(f"oscar.apps.dashboard.{name}.apps.{name.title()}DashboardConfig" for name in dashboards.split()),
            "widget_tweaks", "haystack", "treebeard", "django_tables2",
        ],
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        ROOT_URLCONF="oscar.urls", SITE_ID=1, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )  # fmt: skip
    django.setup()


def prepare() -> None:
    """Make the tables, and products with plenty of stock."""
    from decimal import Decimal

    from django.core.management import call_command
    from oscar.core.loading import get_model

    call_command("migrate", verbosity=0)
    product_class = get_model("catalogue", "ProductClass").objects.create(name="Goods", track_stock=True)
    partner = get_model("partner", "Partner").objects.create(name="Store")
    product_model, record_model = get_model("catalogue", "Product"), get_model("partner", "StockRecord")
    for number in range(PRODUCTS):
        product = product_model.objects.create(title=f"Product {number}", product_class=product_class)
        record_model.objects.create(
            product=product, partner=partner, partner_sku=f"V{number}", price=Decimal(18), num_in_stock=100_000_000
        )


def make_orders(*, way: str, begins: float, seconds: float) -> int:
    """Wait for the others, then place baskets, made before or filled then; return how many there were in the time."""
    import random

    from oscar.apps.order.utils import OrderCreator
    from oscar.apps.partner.strategy import Selector
    from oscar.apps.shipping.methods import Free
    from oscar.core.loading import get_class, get_model

    calculator = get_class("checkout.calculators", "OrderTotalCalculator")()
    products = list(get_model("catalogue", "Product").objects.all()[:PRODUCTS])
    shipping = Free()

    def filled() -> Any:
        basket = get_model("basket", "Basket").objects.create()
        basket.strategy = Selector().strategy()
        for product in random.sample(products, LINES):
            basket.add_product(product, quantity=1)
        return basket

    baskets: list[Any] = []
    while way == "made" and len(baskets) < seconds * BASKETS_PER_SECOND and time.time() < begins - 1:
        baskets.append(filled())
    time.sleep(max(0.0, begins - time.time()))
    made = 0
    for basket in baskets if way == "made" else iter(filled, None):
        charge = shipping.calculate(basket)
        OrderCreator().place_order(
            basket=basket,
            total=calculator.calculate(basket, charge),
            shipping_method=shipping,
            shipping_charge=charge,
            order_number=uuid.uuid4().hex,
        )
        basket.submit()
        made += 1
        if time.time() > begins + seconds:
            return made
    raise SystemExit(f"There were only {made} baskets, which is too few for the time.")


if __name__ == PROCESS:
    configure()
    if sys.argv[1] == "prepare":
        prepare()
    else:
        print(make_orders(way=sys.argv[1], begins=float(sys.argv[2]), seconds=float(sys.argv[3])))
