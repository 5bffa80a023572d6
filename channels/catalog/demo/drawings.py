"""Simple pictures of goods, drawn: flat shapes on a soft ground, in a colour of their own."""

import colorsys
from collections.abc import Callable, Mapping
from zlib import crc32

from PIL import Image, ImageDraw

SIDE = 480
# Drawn larger and made smaller, so that edges are smooth.
FINE = 2
Colour = tuple[int, int, int]
INK: Colour = (62, 58, 54)
PAPER: Colour = (250, 247, 240)


class Sheet:
    """A square of 100 × 100 to draw on, with the colours of one thing."""

    def __init__(self, hue: float) -> None:
        self.ground, self.body = tone(hue, 0.92, 0.5), tone(hue, 0.55, 0.55)
        self.dark, self.light = tone(hue, 0.4, 0.5), tone(hue, 0.76, 0.6)
        self.image = Image.new("RGB", (SIDE * FINE, SIDE * FINE), self.ground)
        self._pen = ImageDraw.Draw(self.image)
        self.oval(18, 80, 82, 92, tone(hue, 0.85, 0.4))

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour, round_by: float = 2) -> None:
        """Draw a box with round corners."""
        self._pen.rounded_rectangle(self._all(left, top, right, bottom), round_by * self._unit, fill)

    def oval(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        """Draw an oval."""
        self._pen.ellipse(self._all(left, top, right, bottom), fill)

    def ring(self, left: float, top: float, right: float, bottom: float, fill: Colour, width: float = 5) -> None:
        """Draw the outline of an oval."""
        self._pen.ellipse(self._all(left, top, right, bottom), None, fill, round(width * self._unit))

    def shape(self, fill: Colour, *points: float) -> None:
        """Draw a polygon through points given as x, y, x, y."""
        self._pen.polygon(self._all(*points), fill)

    def finished(self) -> Image.Image:
        """Return the picture in its final size."""
        return self.image.reduce(FINE)

    @property
    def _unit(self) -> float:
        return SIDE * FINE / 100

    def _all(self, *numbers: float) -> list[float]:
        return [number * self._unit for number in numbers]


def tone(hue: float, lightness: float, saturation: float) -> Colour:
    """Return a colour."""
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue % 1, lightness, saturation))
    return red, green, blue


def cup(sheet: Sheet) -> None:
    """A cup to go, with a lid and a straw."""
    sheet.shape(INK, 54, 8, 58, 8, 53, 32, 49, 32)
    sheet.shape(PAPER, 28, 32, 72, 32, 65, 88, 35, 88)
    sheet.shape(sheet.body, 30, 44, 70, 44, 65, 86, 35, 86)
    for left, top in ((38, 70), (46, 76), (54, 71), (48, 64), (58, 78), (40, 78)):
        sheet.oval(left, top, left + 6, top + 6, sheet.dark)
    sheet.box(25, 27, 75, 34, sheet.light, 3)


def mug(sheet: Sheet) -> None:
    """A mug with a handle."""
    sheet.ring(60, 42, 86, 70, sheet.dark)
    sheet.box(24, 32, 68, 86, sheet.body, 6)
    sheet.box(24, 32, 68, 38, sheet.light, 3)


def teapot(sheet: Sheet) -> None:
    """A teapot."""
    sheet.ring(66, 42, 92, 72, sheet.dark)
    sheet.shape(sheet.body, 10, 44, 18, 40, 40, 62, 34, 74)
    sheet.oval(24, 38, 78, 88, sheet.body)
    sheet.oval(34, 32, 68, 46, sheet.light)
    sheet.oval(47, 25, 55, 34, sheet.dark)


def tin(sheet: Sheet) -> None:
    """A tin of tea."""
    sheet.box(28, 26, 72, 88, sheet.body, 5)
    sheet.box(26, 18, 74, 32, sheet.dark, 4)
    sheet.box(36, 44, 64, 72, PAPER, 3)
    leaf(sheet, 50, 58)


def bag(sheet: Sheet) -> None:
    """A bag that is welded at both ends."""
    sheet.shape(sheet.body, 28, 18, 72, 18, 76, 88, 24, 88)
    sheet.box(27, 16, 73, 24, sheet.dark, 1)
    sheet.oval(34, 40, 66, 72, PAPER)
    leaf(sheet, 50, 56)


def carton(sheet: Sheet) -> None:
    """A carton, seen from its corner."""
    sheet.shape(sheet.body, 14, 40, 52, 50, 52, 92, 14, 80)
    sheet.shape(sheet.dark, 52, 50, 86, 38, 86, 78, 52, 92)
    sheet.shape(sheet.light, 14, 40, 48, 29, 86, 38, 52, 50)
    sheet.shape(PAPER, 28, 35.5, 34, 33.5, 70, 43.5, 64, 45.7)


def gift(sheet: Sheet) -> None:
    """A box with a ribbon."""
    sheet.box(20, 44, 80, 88, sheet.body, 3)
    sheet.box(16, 34, 84, 48, sheet.dark, 3)
    sheet.box(45, 34, 55, 88, PAPER, 0)
    sheet.ring(29, 17, 51, 36, PAPER, 4)
    sheet.ring(49, 17, 71, 36, PAPER, 4)


def bun(sheet: Sheet) -> None:
    """Two pieces of pastry on a plate."""
    sheet.oval(10, 66, 90, 90, PAPER)
    for left, top in ((18, 44), (46, 38)):
        sheet.box(left, top, left + 36, top + 38, sheet.body, 12)
        sheet.box(left + 4, top + 2, left + 32, top + 16, sheet.light, 7)
        sheet.oval(left + 15, top + 7, left + 21, top + 12, INK)


def bottle(sheet: Sheet) -> None:
    """A bottle or a flask."""
    sheet.box(40, 12, 60, 26, sheet.dark, 3)
    sheet.box(33, 22, 67, 88, sheet.body, 9)
    sheet.box(33, 46, 67, 68, PAPER, 0)
    leaf(sheet, 50, 57)


def jar(sheet: Sheet) -> None:
    """A jar with a lid."""
    sheet.box(26, 28, 74, 88, PAPER, 9)
    sheet.box(30, 50, 70, 84, sheet.body, 7)
    sheet.box(30, 18, 70, 32, sheet.dark, 3)


def candle(sheet: Sheet) -> None:
    """Two candles."""
    for left, top in ((30, 36), (54, 48)):
        sheet.box(left, top, left + 16, 88, sheet.light, 3)
        sheet.oval(left + 4.5, top - 17, left + 11.5, top - 2, tone(0.11, 0.6, 0.95))


def cloth(sheet: Sheet) -> None:
    """Something folded, in three layers."""
    for number, colour in enumerate((sheet.dark, sheet.body, sheet.light)):
        sheet.box(18, 68 - 17 * number, 82, 86 - 17 * number, colour, 8)
        sheet.box(60, 68 - 17 * number, 66, 86 - 17 * number, PAPER, 0)


def plant(sheet: Sheet) -> None:
    """A plant in a pot."""
    leaf(sheet, 40, 36, large=2.4)
    leaf(sheet, 61, 34, large=2.0)
    sheet.box(48.5, 34, 51.5, 62, tone(0.33, 0.35, 0.4), 1)
    sheet.shape(sheet.body, 28, 60, 72, 60, 65, 88, 35, 88)
    sheet.box(25, 54, 75, 64, sheet.dark, 3)


def tote(sheet: Sheet) -> None:
    """A bag with handles."""
    sheet.ring(36, 12, 64, 58, sheet.dark, 4)
    sheet.shape(sheet.body, 24, 36, 76, 36, 80, 88, 20, 88)
    leaf(sheet, 50, 62, large=1.6)


def leaf(sheet: Sheet, x: float, y: float, *, large: float = 1.0) -> None:
    """A leaf, as a mark."""
    green, width, height = tone(0.33, 0.42, 0.4), 5 * large, 9 * large
    sheet.shape(green, x, y - height, x + width, y, x, y + height, x - width, y)
    sheet.oval(x - width * 0.8, y - height * 0.55, x + width * 0.8, y + height * 0.55, green)


Shape = Callable[[Sheet], None]
# By the code of the goods, else by their category, else a carton.
SHAPES: Mapping[str, Shape] = {
    "pure-tea": cup, "fruit-tea": cup, "milk-tea": cup, "tea-coffee": cup, "snacks": bun, "boxed-tea": tin,
    "gift-boxes": gift, "NUT": bag, "PLM": bag, "EGG": bag, "SEA": tin, "JMT": carton, "OLT": carton, "CUP": bottle,
    "POT": teapot, "TTE": tote,
    "ENM": mug, "TPT": teapot, "TWL": cloth, "JAR": jar, "CDL": candle, "BLK": cloth, "BTM": cloth,
    "VIN": bottle, "SED": plant, "GLV": cloth, "LOG": tote, "FLS": bottle, "BTL": bottle, "SCK": cloth, "garden": plant,
}  # fmt: skip
HUES = 8


def drawing_key(code: str, category: str) -> tuple[Shape, int]:
    """Return what the picture of a product shows and in which of the colours; few of them, so that some share one."""
    return SHAPES.get(code) or SHAPES.get(category, carton), crc32(code.encode()) % HUES


def drawn(shape: Shape, hue: int) -> Image.Image:
    """Draw a thing in one of the colours."""
    sheet = Sheet(hue / HUES)
    shape(sheet)
    return sheet.finished()
