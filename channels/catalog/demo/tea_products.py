"""What Tea Isle sells: drinks in cups of two or three sizes, snacks, tea in boxes, and what goes with it."""

from collections.abc import Iterator
from decimal import Decimal

from channels.catalog.demo.building import Article, Size

CATEGORIES = (
    ("drinks", "现制茶饮", ""),
    ("fruit-tea", "鲜果茶", "drinks"),
    ("milk-tea", "奶茶", "drinks"),
    ("pure-tea", "原叶茶", "drinks"),
    ("tea-coffee", "茶咖", "drinks"),
    ("snacks", "茶点零食", ""),
    ("boxed-tea", "茶叶茶包", ""),
    ("gift-boxes", "礼盒", "boxed-tea"),
    ("tea-ware", "茶具周边", ""),
)

CUPS = {"M": "中杯 500 ml", "L": "大杯 700 ml", "XL": "桶装 1 L"}
UPCHARGE = {"M": 0, "L": 3, "XL": 9}

# code, name, category, price of the medium cup, cost of it, sizes, served
DRINKS = """
JAS|茉莉绿茶|pure-tea|10|2.6|M L XL|冷热皆宜
TGY|铁观音原叶茶|pure-tea|12|3.1|M L|冷热皆宜
DHP|大红袍岩茶|pure-tea|14|3.8|M L|冷热皆宜
OOL|四季春乌龙|pure-tea|11|2.8|M L XL|冷热皆宜
PUE|陈皮普洱|pure-tea|13|3.4|M L|热饮为佳
LMN|手打柠檬茶|fruit-tea|16|4.6|M L XL|冷饮
GRP|多肉葡萄|fruit-tea|19|6.4|M L XL|冰沙
MNG|杨枝甘露|fruit-tea|20|6.9|M L XL|冰沙
PCH|白桃乌龙|fruit-tea|18|5.6|M L XL|冷饮
STR|莓莓芝士|fruit-tea|21|7.2|M L XL|冰沙
PSN|百香果双响炮|fruit-tea|17|4.9|M L XL|冷饮
ORG|满杯鲜橙|fruit-tea|18|5.8|M L|冷饮
WML|西瓜椰椰|fruit-tea|17|5.1|M L|冷饮
CCN|生椰碧螺春|fruit-tea|18|5.4|M L XL|冷饮
BRN|黑糖珍珠奶茶|milk-tea|16|4.8|M L XL|冷热皆宜
TRO|芋泥波波奶茶|milk-tea|18|5.7|M L XL|冷热皆宜
OSM|桂花酒酿奶茶|milk-tea|18|5.5|M L XL|热饮为佳
ASM|阿萨姆厚乳茶|milk-tea|15|4.3|M L XL|冷热皆宜
MTC|抹茶鲜奶|milk-tea|19|6.2|M L XL|冷热皆宜
RSE|玫瑰红茶拿铁|milk-tea|17|5.0|M L|冷热皆宜
CHS|芝士奶盖绿茶|milk-tea|17|5.2|M L|冷饮
HJC|海盐焦糖奶茶|milk-tea|17|5.1|M L|冷热皆宜
AME|茉莉美式|tea-coffee|15|4.2|M L|冷热皆宜
LAT|乌龙拿铁|tea-coffee|18|5.6|M L XL|冷热皆宜
DRT|脏脏抹茶拿铁|tea-coffee|20|6.6|M L|冷饮
CLD|桂花冷萃|tea-coffee|17|4.7|M L|冷饮
"""

# code, name, category, variants as end:name:price:cost, facts
PACKED = """
LJS|龙井酥|snacks|BX6:6 枚装:28:12.5|净含量=240 g;保质期=60 天
EGG|咸蛋黄米饼|snacks|BAG:袋装 80 g:12:5.2|净含量=80 g;保质期=180 天
NUT|每日坚果|snacks|BAG:袋装 25 g:9.9:4.4|净含量=25 g;保质期=240 天
MOC|抹茶麻薯|snacks|BX4:4 枚装:18:7.6|净含量=160 g;保质期=5 天
PIN|凤梨酥|snacks|BX6:6 枚装:32:14|净含量=270 g;保质期=90 天
SEA|海苔脆|snacks|CAN:罐装 40 g:15:6.1|净含量=40 g;保质期=270 天
PLM|九制话梅|snacks|BAG:袋装 60 g:10:3.9|净含量=60 g;保质期=365 天
LJT|明前龙井|boxed-tea|50:罐装 50 g:128:62,125:罐装 125 g:288:141|产地=杭州;等级=特级
BLC|洞庭碧螺春|boxed-tea|50:罐装 50 g:118:57,125:罐装 125 g:268:131|产地=苏州;等级=一级
JMT|茉莉花茶茶包|boxed-tea|15:15 包:39:15,30:30 包:69:27|产地=福州;形态=三角茶包
OLT|白桃乌龙茶包|boxed-tea|15:15 包:42:16.5,30:30 包:75:30|产地=安溪;形态=三角茶包
DHT|大红袍茶叶|boxed-tea|100:罐装 100 g:158:77|产地=武夷山;等级=一级
GFA|山海礼盒|gift-boxes|STD:标准款:198:89,DLX:豪华款:358:165|内含=4 罐茶叶;适合=节日送礼
GFN|新年限定礼盒|gift-boxes|STD:标准款:238:104|内含=茶叶与茶点;限量=3000 套
CUP|岛屿随行杯|tea-ware|BLU:海蓝:89:34,WHT:米白:89:34|容量=450 ml;材质=不锈钢
POT|旅行茶具套装|tea-ware|ONE:一壶四杯:168:71|材质=陶瓷
TTE|帆布手提袋|tea-ware|ONE:均码:45:14|材质=棉
"""


def drinks() -> list[Article]:
    """Return the drinks."""
    return list(_drinks())


def packed_goods() -> list[Article]:
    """Return snacks, tea and tea ware, which have a code on them."""
    return list(_packed())


def _drinks() -> Iterator[Article]:
    for line in DRINKS.strip().splitlines():
        code, name, category, price, cost, sizes, served = line.split("|")
        cups = [
            Size(size, CUPS[size], Decimal(price) + UPCHARGE[size], Decimal(cost) * (10 + UPCHARGE[size]) / 10)
            for size in sizes.split()
        ]
        facts = {"温度": served, "甜度": "可选五档", "过敏原": "含乳制品" if category == "milk-tea" else "无"}
        yield Article(code, name, category, cups, facts, f"{name}，现点现做，请在两小时内饮用。")


def _packed() -> Iterator[Article]:
    for line in PACKED.strip().splitlines():
        code, name, category, variants, facts = line.split("|")
        sizes = []
        for variant in variants.split(","):
            end, title, price, cost = variant.split(":")
            sizes.append(Size(end, title, Decimal(price), Decimal(cost)))
        pairs = dict(fact.split("=") for fact in facts.split(";"))
        yield Article(code, name, category, sizes, pairs, is_packed=True)
