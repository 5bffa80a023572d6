"""Data of real and made-up retailers, prepared as a user would prepare it. It is read where it lies, never kept here.

``O2O_SAMPLE_DATA`` names the folder; without it, it is ``shared/data`` beside the checkout.
"""

import csv
import gzip
import io
import os
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from channels.stores.services.channels import create_channel
from channels.stores.services.locations import create_location
from o2o.kit.clock import now

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("O2O_SAMPLE_DATA") or ROOT.parent / "shared" / "data")
COUNTRIES = {
    "Australia": "AU", "Canada": "CA", "France": "FR", "Germany": "DE", "Italy": "IT", "Netherlands": "NL",
    "United Kingdom": "GB", "United States": "US",
}  # fmt: skip
JOURNEY = (
    "household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "retail_disc", "coupon_disc",
    "coupon_match_disc", "week", "transaction_timestamp",
)  # fmt: skip


def needs(*parts):
    """Return the mark of a test that is skipped where a file of the sample data is absent."""
    path = DATA.joinpath(*parts)
    return pytest.mark.skipif(not path.exists(), reason=f"the sample data is absent: {path} (set O2O_SAMPLE_DATA)")


class Electronics:
    """Global Electronics: 66 stores and an online channel, which is the store with the key 0; prices in dollars."""

    def __init__(self, years=None):
        folder = DATA / "global_electronics"
        self.products_file = (folder / "Products.csv").read_bytes()
        self.products = list(csv.DictReader(io.StringIO(self.products_file.decode("cp1252"))))
        self.stores = list(csv.DictReader(io.StringIO((folder / "Stores.csv").read_bytes().decode("cp1252"))))
        with gzip.open(folder / "Sales.csv.gz", "rt", encoding="cp1252") as file:
            sales = list(csv.DictReader(file))
        self.sales = [line for line in sales if years is None or year_of(line) in years]
        self.prices = {line["ProductKey"]: line["Unit Price USD"] for line in self.products}

    def open(self, importer):
        """Make the channels and stores, as somebody does in the console."""
        with importer.scope():
            create_channel(code="online", name="Online", kind="own_shop", currency="USD", at=now())
            create_channel(code="stores", name="Stores", kind="pos", currency="USD", at=now())
            for store in self.stores:
                if store["StoreKey"] != "0":
                    create_location(
                        code=store["StoreKey"], name=f"Store {store['StoreKey']}", kind="store", region=store["State"],
                        country=COUNTRIES[store["Country"]], time_zone="America/New_York", at=now(),
                    )  # fmt: skip

    def listings_file(self):
        """Return the products twice, with the channel that the file lacks."""
        rows = [{"Channel": channel, **line} for channel in ("online", "stores") for line in self.products]
        return written(rows)

    def orders_file(self):
        """Return the sales with the channel and the price that they lack; the online store is no store."""
        return written(
            [
                {
                    "Channel": channel_of(line),
                    "Unit Price USD": self.prices[line["ProductKey"]],
                    **line,
                    "StoreKey": "" if line["StoreKey"] == "0" else line["StoreKey"],
                }
                for line in self.sales
            ]
        )

    def totals(self):
        """Return orders, lines and turnover by channel and year, straight from the files."""
        found: dict[Any, Any] = defaultdict(int)
        orders = set()
        for line in self.sales:
            key = (channel_of(line), year_of(line))
            price = Decimal(self.prices[line["ProductKey"]].strip().replace("$", "").replace(",", ""))
            found[*key, "lines"] += 1
            found[*key, "total"] += int(line["Quantity"]) * price
            orders.add((*key, line["Order Number"]))
        for channel, year, _order in orders:
            found[channel, year, "orders"] += 1
        return dict(found)


def year_of(line):
    return int(line["Order Date"].rpartition("/")[2])


def channel_of(line):
    return "online" if line["StoreKey"] == "0" else "stores"


def written(rows):
    """Return rows as a CSV file with the keys of the first as headers."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("cp1252")


def journey_lines(count, seed=1):
    """Yield lines in the shape of The Complete Journey, traps included, basket after basket."""
    dice = random.Random(seed)
    at, basket, made = datetime(2017, 1, 1, 8, tzinfo=UTC), 31_198_570_044, 0
    while made < count:
        basket += dice.randint(1, 60_000)
        at += timedelta(seconds=dice.randint(1, 40))
        head = (str(dice.randint(1, 2500)), str(dice.randint(1, 450)), str(basket))
        tail = (str(1 + at.timetuple().tm_yday // 7), at.strftime("%Y-%m-%d %H:%M:%S"))
        for _line in range(min(1 + int(dice.expovariate(0.12)), 150, count - made)):
            product = str(800_000 + int(dice.paretovariate(0.6)) % 5_000)
            yield (*head, product, *_amounts(dice), *tail)
            made += 1


def _amounts(dice):
    trap = dice.random()
    if trap < 0.006:
        return ("0", "0.0", "0.0", dice.choice(("0.0", "0.0", "1.5")), "0.0")
    if trap < 0.016:
        return (str(dice.randint(2000, 20_000)), f"{dice.uniform(5, 50):.2f}", "0.0", "0.0", "0.0")
    price = f"{dice.choice((0.5, 0.99, 1.0, 1.29, 1.99, 2.5, 3.49, 5.99)) + dice.randint(0, 20) / 100:.2f}"
    return (dice.choice("111112"), price, dice.choice(("0.0", "0.0", "0.3", "0.8")), "0.0", "0.0")
