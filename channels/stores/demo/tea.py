"""Tea Isle: 24 tea shops in ten cities, and a warehouse. Names, addresses and telephones are made up."""

from collections.abc import Iterator
from datetime import date, time

from channels.stores.demo.building import Chain, Channel, Holiday, Place, every_day
from channels.stores.enums import ChannelKind, LocationKind
from channels.stores.hours import Period

WAREHOUSE = "WH-JX"
# The store of the manager and the clerk.
HOME = "SH-001"
# It never closes, so that something goes on whenever the demonstration is started.
ALWAYS_OPEN = "SH-006"
# It takes few orders a day.
KIOSK = "NJ-003"
LATE = ("SH-001", "SH-003", "SH-006", "HZ-001", "BJ-002", "GZ-001")

# By the letters with which the codes of stores begin: province, city, and how telephones begin there.
CITIES = {
    "SH": ("上海市", "上海", "021-5550"),
    "HZ": ("浙江省", "杭州", "0571-5550"),
    "SZ": ("江苏省", "苏州", "0512-5550"),
    "NJ": ("江苏省", "南京", "025-5550"),
    "WX": ("江苏省", "无锡", "0510-5550"),
    "NB": ("浙江省", "宁波", "0574-5550"),
    "BJ": ("北京市", "北京", "010-5550"),
    "GZ": ("广东省", "广州", "020-5550"),
    "SZX": ("广东省", "深圳", "0755-5550"),
}

# code, name, postal code, street, telephone, latitude, longitude, hours, orders a day, minutes to prepare one
SHOPS = """
SH-001|静安寺店|200040|南京西路1680号1层|1001|31.2238|121.4455|late|220|8
SH-002|人民广场店|200001|西藏中路268号B1层|1002|31.2330|121.4737|usual|180|10
SH-003|定西路夜市店|200050|定西路1128号|1003|31.2137|121.4220|night|150|10
SH-004|五角场店|200433|淞沪路77号2层|1004|31.3008|121.5143|usual|160|12
SH-005|陆家嘴店|200120|世纪大道8号B2层|1005|31.2360|121.5012|office|200|8
SH-006|虹桥枢纽店|201106|申虹路9号到达层|1006|31.1949|121.3203|always|240|6
HZ-001|湖滨店|310006|延安路300号1层|2001|30.2545|120.1640|late|200|10
HZ-002|西溪店|310013|文二西路551号|2002|30.2790|120.0810|usual|140|12
HZ-003|钱江新城店|310016|富春路701号|2003|30.2460|120.2120|office|160|10
HZ-004|滨江店|310051|江南大道228号|2004|30.2080|120.2100|usual|130|12
SZ-001|观前街店|215005|观前街245号|3001|31.3130|120.6290|usual|170|10
SZ-002|圆融店|215021|旺墩路268号|3002|31.3210|120.7150|usual|150|10
SZ-003|平江路店|215001|平江路120号|3003|31.3170|120.6350|usual|90|15
NJ-001|新街口店|210005|中山路18号1层|4001|32.0415|118.7840|usual|210|8
NJ-002|夫子庙店|210001|贡院街88号|4002|32.0220|118.7890|usual|160|12
NJ-003|南京南站小站|210012|玉兰路98号候车层|4003|31.9690|118.7980|station|6|5
WX-001|三阳广场店|214001|人民中路127号|5001|31.5740|120.3010|usual|140|10
WX-002|滨湖店|214062|蠡湖大道99号|5002|31.5330|120.2760|usual|110|12
NB-001|天一广场店|315000|中山东路188号|6001|29.8690|121.5530|usual|150|10
NB-002|鄞州店|315100|四明中路999号|6002|29.8160|121.5470|usual|120|10
BJ-001|国贸店|100020|建国路91号B1层|7001|39.9090|116.4600|office|200|8
BJ-002|三里屯店|100027|工体北路8号|7002|39.9320|116.4530|night|190|10
GZ-001|北京路店|510030|北京路238号|8001|23.1230|113.2700|night|210|8
SZX-001|海岸城店|518054|文心五路33号|9001|22.5170|113.9360|usual|180|10
"""


def _shops() -> Iterator[Place]:
    for line in SHOPS.strip().splitlines():
        code, name, postal_code, street, phone, latitude, longitude, hours, capacity, preparation = line.split("|")
        region, city, dial = CITIES[code.split("-")[0]]
        yield Place(
            code, name, region, city, postal_code, street, f"{dial}-{phone}", float(latitude), float(longitude), hours,
            int(capacity), int(preparation),
        )  # fmt: skip


LOCATIONS = (
    *_shops(),
    Place(
        WAREHOUSE, "嘉兴中央仓", "浙江省", "嘉兴", "314001", "综合物流园3号库", "0573-5550-0001", 30.7520, 120.7580,
        "dock", 0, 240, LocationKind.WAREHOUSE,
    ),
)  # fmt: skip

STORES = tuple(place.code for place in LOCATIONS if place.kind == LocationKind.STORE)
FLAGSHIPS = ("SH-001", "SH-002", "HZ-001", "NJ-001", "BJ-001", "GZ-001")
NOT_ON_MEITUAN = ("SH-006", "NJ-003", "SZ-003")
NOT_ON_ELEME = ("SH-006", "NJ-003", "SZ-003", "BJ-001", "BJ-002", "GZ-001", "SZX-001", "NB-002", "WX-002")


def _by_priority(codes: tuple[str, ...]) -> dict[str, int]:
    return {code: 10 if code in FLAGSHIPS else 50 for code in codes}


CHANNELS = (
    Channel("mini-program", "小程序", ChannelKind.MINI_PROGRAM, {**_by_priority(STORES), WAREHOUSE: 90}),
    Channel(
        "meituan",
        "美团外卖",
        ChannelKind.DELIVERY_PLATFORM,
        _by_priority(tuple(code for code in STORES if code not in NOT_ON_MEITUAN)),
    ),
    Channel(
        "eleme",
        "饿了么",
        ChannelKind.DELIVERY_PLATFORM,
        _by_priority(tuple(code for code in STORES if code not in NOT_ON_ELEME)),
    ),
    Channel(
        "tmall",
        "天猫旗舰店",
        ChannelKind.MARKETPLACE,
        {WAREHOUSE: 10, "SH-002": 60, "HZ-001": 60, "BJ-001": 70, "GZ-001": 70},
    ),
    Channel("pos", "门店收银", ChannelKind.POS, _by_priority(STORES)),
)

WEEKS = {
    "usual": every_day("10:00", "22:00", weekend=("10:00", "22:30")),
    "office": every_day("07:30", "21:00", weekend=("10:00", "21:00")),
    "station": every_day("06:30", "22:30"),
    "late": every_day("08:00", "00:30", weekend=("08:00", "02:00")),
    "night": every_day("11:00", "03:00"),
    "dock": every_day("06:00", "23:00"),
    "always": {},
}

# The eve of the Spring Festival follows the moon.
NEW_YEARS_EVES = {2026: date(2026, 2, 16), 2027: date(2027, 2, 5), 2028: date(2028, 1, 25), 2029: date(2029, 2, 12)}


def _holidays(year: int) -> tuple[Holiday, ...]:
    long_day = Period(time(9), time(23))
    eve = NEW_YEARS_EVES.get(year)
    usual = (
        Holiday("元旦", [date(year, 1, 1)], long_day),
        Holiday("劳动节", [date(year, 5, day) for day in range(1, 6)], long_day),
        Holiday("国庆节", [date(year, 10, day) for day in range(1, 8)], long_day),
        Holiday("盘点停业", [date(year, 12, 30)], None, "SZ-003"),
        Holiday("跨年夜延时", [date(year, 12, 31)], Period(time(8), time(3)), HOME),
    )
    if eve is None:
        return usual
    spring = [date.fromordinal(eve.toordinal() + after) for after in range(1, 4)]
    return (
        *usual,
        Holiday("除夕提前打烊", [eve], Period(time(9), time(16))),
        Holiday("春节", spring, Period(time(11), time(20))),
        Holiday("春节停业", [eve, *spring], None, WAREHOUSE),
    )


CHAIN = Chain(
    owner="owner@tea.example",
    country="CN",
    currency="CNY",
    time_zone="Asia/Shanghai",
    locations=LOCATIONS,
    channels=CHANNELS,
    weeks=WEEKS,
    holidays={year: _holidays(year) for year in range(2026, 2040)},
    bound={"manager@tea.example": HOME, "clerk@tea.example": HOME},
)
