"""Fenwick & Daughters: eight shops for house and garden in the north of England, and a warehouse. All made up."""

from collections.abc import Iterator
from datetime import date, time

from channels.stores.demo.building import Chain, Channel, Holiday, Place, every_day
from channels.stores.enums import ChannelKind, LocationKind
from channels.stores.hours import Period

WAREHOUSE = "WH-WAK"
HOME = "YRK"

# code, city, county, postal code, street, telephone, latitude, longitude, hours, orders a day, minutes to prepare one
SHOPS = """
YRK|York|North Yorkshire|YO1 8AQ|31 Coppergate|01904 496 0101|53.9576|-1.0803|shop|40|60
LDS|Leeds|West Yorkshire|LS1 6HF|12 Albion Place|0113 496 0102|53.7985|-1.5430|shop|50|60
HGT|Harrogate|North Yorkshire|HG1 2RN|8 Parliament Street|01632 960 103|53.9936|-1.5420|shop|25|90
SHF|Sheffield|South Yorkshire|S1 2HE|44 Fargate|0114 496 0104|53.3818|-1.4690|shop|40|60
MAN|Manchester|Greater Manchester|M2 7AE|19 King Street|0161 496 0105|53.4815|-2.2455|long|60|45
NCL|Newcastle|Tyne and Wear|NE1 6JQ|27 Grainger Street|0191 498 0106|54.9713|-1.6150|shop|40|60
DUR|Durham|County Durham|DH1 3HP|5 Silver Street|01632 960 107|54.7762|-1.5770|shop|20|90
LCN|Lincoln|Lincolnshire|LN1 3AP|40 Steep Hill|01632 960 108|53.2320|-0.5390|shop|20|90
"""


def _shops() -> Iterator[Place]:
    for line in SHOPS.strip().splitlines():
        code, city, county, postal_code, street, phone, latitude, longitude, hours, most, preparation = line.split("|")
        yield Place(
            code, city, county, city, postal_code, street, phone, float(latitude), float(longitude), hours, int(most),
            int(preparation),
        )  # fmt: skip


LOCATIONS = (
    *_shops(),
    Place(
        WAREHOUSE, "Wakefield warehouse", "West Yorkshire", "Wakefield", "WF2 7AW", "Unit 4, Calder Park",
        "01632 960 100", 53.6500, -1.5120, "dock", 0, 240, LocationKind.WAREHOUSE,
    ),
)  # fmt: skip

STORES = tuple(place.code for place in LOCATIONS if place.kind == LocationKind.STORE)

CHANNELS = (
    Channel("web-shop", "Web shop", ChannelKind.OWN_SHOP, {WAREHOUSE: 10, **dict.fromkeys(STORES, 50)}),
    Channel("tills", "Tills", ChannelKind.POS, dict.fromkeys(STORES, 10)),
    Channel("tradepost", "Tradepost marketplace", ChannelKind.MARKETPLACE, {WAREHOUSE: 10, "LDS": 40, "MAN": 40}),
)

EASTER_SUNDAYS = {2026: date(2026, 4, 5), 2027: date(2027, 3, 28), 2028: date(2028, 4, 16), 2029: date(2029, 4, 1)}


def _holidays(year: int) -> tuple[Holiday, ...]:
    short_day = Period(time(10), time(16))
    easter = [EASTER_SUNDAYS[year]] if year in EASTER_SUNDAYS else []
    return (
        Holiday("New Year's Day", [date(year, 1, 1)], short_day),
        Holiday("Christmas Eve", [date(year, 12, 24)], Period(time(9), time(15))),
        Holiday("Christmas Day", [date(year, 12, 25), *easter], None),
        Holiday("Boxing Day", [date(year, 12, 26)], short_day),
        Holiday("Late night of the Christmas market", [date(year, 12, 10)], Period(time(9), time(21)), HOME),
    )


CHAIN = Chain(
    owner="owner@fenwick.example",
    country="GB",
    currency="GBP",
    time_zone="Europe/London",
    locations=LOCATIONS,
    channels=CHANNELS,
    weeks={
        "shop": every_day("09:00", "17:30", weekend=("09:00", "18:00")),
        "long": every_day("09:00", "20:00"),
        "dock": every_day("06:00", "22:00"),
    },
    holidays={year: _holidays(year) for year in range(2026, 2040)},
    bound={"clerk@fenwick.example": HOME},
    store_methods=("pickup", "ship", "in_store"),
    pickup_days=5,
)
