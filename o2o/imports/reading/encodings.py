"""Which encoding the bytes of a file have. Pure, and decided from the first part of a file."""

from collections.abc import Mapping
from dataclasses import dataclass

from charset_normalizer import from_bytes
from django.utils.translation import gettext_lazy as _

#: What people may choose, by Python's name of it.
ENCODINGS: Mapping[str, object] = {
    "utf-8": "UTF-8",
    "gb18030": _("GB18030 (Chinese Windows, GBK, GB2312)"),
    "cp1252": _("Windows-1252 (Western European, Latin-1)"),
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "big5hkscs": _("Big5 (traditional Chinese)"),
    "shift_jis": "Shift JIS",
    "cp1251": "Windows-1251",
}
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# Names of charset_normalizer for what we call otherwise; a superset reads its subsets.
ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "cp932": "shift_jis",
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "cp1250": "cp1252",
}
MOST_ZEROS = 0.3


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding, and how many bytes at the beginning of the file are its mark."""

    name: str
    mark: int = 0


def detect_encoding(head: bytes, *, is_whole: bool = False) -> Encoding:
    """Return the encoding of a file that begins with ``head``.

    A byte order mark decides. Else zeros in every second byte mean UTF-16; what is valid UTF-8 is UTF-8; what is valid
    GB18030 and gives mostly Chinese characters is GB18030; the rest is asked of charset_normalizer, and Western
    European (Windows-1252) where it has no answer among ``ENCODINGS``.
    """
    for mark, name in MARKS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    if without_mark := _utf_16(head):
        return Encoding(without_mark)
    if _decodes(head, "utf-8", is_whole=is_whole):
        return Encoding("utf-8")
    if _is_chinese(head, is_whole=is_whole):
        return Encoding("gb18030")
    best = from_bytes(head[: 64 * 1024], cp_isolation=None).best()
    name = ALIASES.get(best.encoding, best.encoding).replace("_", "-") if best else ""
    name = name if name in ENCODINGS else name.replace("-", "_")
    # What is no Chinese by now is none.
    return Encoding(name if name in ENCODINGS and name not in ("gb18030", "utf-8") else "cp1252")


def mark_length(head: bytes, encoding: str) -> int:
    """Return how many bytes of byte order mark a file of a known encoding begins with."""
    return next((len(mark) for mark, name in MARKS if name == encoding and head.startswith(mark)), 0)


def _utf_16(head: bytes) -> str:
    sample = head[:4096]
    pairs = len(sample) // 2
    if pairs < 2:
        return ""
    low, high = sample[0::2].count(0) / pairs, sample[1::2].count(0) / pairs
    if high > MOST_ZEROS and low < high / 4:
        return "utf-16-le"
    if low > MOST_ZEROS and high < low / 4:
        return "utf-16-be"
    return ""


def _decodes(head: bytes, encoding: str, *, is_whole: bool) -> bool:
    # The head may end in the middle of a character.
    for cut in range(1 if is_whole else 4):
        try:
            head[: len(head) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _is_chinese(head: bytes, *, is_whole: bool) -> bool:
    if not _decodes(head, "gb18030", is_whole=is_whole):
        return False
    beyond = [character for character in head.decode("gb18030", errors="ignore") if ord(character) > 127]
    # The common characters and the punctuation that goes with them; accented Latin read so gives rare ones.
    common = sum(
        character.encode("gb2312", errors="ignore") != b"" or "\u3000" <= character <= "\u303f" for character in beyond
    )
    return bool(beyond) and common / len(beyond) > 0.85
