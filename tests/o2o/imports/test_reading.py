"""Files as people have them: encodings, delimiters, faults, and those that mean harm."""

import codecs
import csv
import datetime
import gzip
import io
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o2o.imports.columns import Column, ColumnKind, match_headers
from o2o.imports.parsing import CellError, Formats
from o2o.imports.parsing.numbers import parse_decimal, parse_money
from o2o.imports.reading import TooLargeError, UnreadableFileError
from o2o.imports.reading.delimited import Record, read_delimited
from o2o.imports.reading.inspecting import inspect_text, inspect_workbook, text_records
from o2o.imports.reading.workbooks import read_workbook
from o2o.imports.services.uploads import inflate
from o2o.kit.spreadsheets import csv_line

COLUMNS = (Column("sku", "SKU", is_required=True), Column("name", "Name", aliases=("商品名称",)))
CHINESE = "SKU,商品名称\r\nA-1,西湖龙井茶叶\r\nA-2,铁观音\r\n"
FORMATS = Formats()


def read(content: bytes) -> tuple[Any, list[Record]]:
    dialect = inspect_text(content, COLUMNS, is_whole=True)
    return dialect, list(text_records([content[i : i + 7] for i in range(0, len(content), 7)], dialect))


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (CHINESE.encode(), "utf-8"),
        (codecs.BOM_UTF8 + CHINESE.encode(), "utf-8"),
        (CHINESE.encode("gb18030"), "gb18030"),
        (CHINESE.encode("utf-16-le"), "utf-16-le"),
        (CHINESE.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF16_LE + CHINESE.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_encoding_is_found_and_the_text_is_read(content: bytes, encoding: str) -> None:
    dialect, records = read(content)
    assert dialect.encoding == encoding
    assert [record.cells for record in records] == [["SKU", "商品名称"], ["A-1", "西湖龙井茶叶"], ["A-2", "铁观音"]]
    assert records[-1].end == len(content)


def test_western_europe_is_no_chinese() -> None:
    dialect, records = read("SKU;Name\nA-1;Crème brûlée\nA-2;Ägypten\n".encode("cp1252"))
    assert (dialect.encoding, dialect.delimiter) == ("cp1252", ";")
    assert [record.cells[1] for record in records] == ["Name", "Crème brûlée", "Ägypten"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(delimiter: str) -> None:
    line = delimiter.join(["SKU", "Name"]) + "\n" + delimiter.join(["A-1", '"a, b; c|d"']) + "\n"
    dialect, records = read(line.encode())
    assert dialect.delimiter == delimiter
    assert records[1].cells == ["A-1", "a, b; c|d"]


def test_records_of_several_lines_and_ragged_ones() -> None:
    _dialect, records = read(b'SKU,Name\n1,"two\nlines, ""quoted"""\n2\n3,x,more\n\n')
    assert [record.cells for record in records] == [
        ["SKU", "Name"], ["1", 'two\nlines, "quoted"'], ["2"], ["3", "x", "more"], [],
    ]  # fmt: skip


def test_a_quotation_mark_that_is_never_closed_spoils_one_row() -> None:
    _dialect, records = read(b'SKU,Name\n1,"open\n' + b"".join(b"%d,x\n" % number for number in range(2, 900)))
    assert [record.cells[0] for record in records[2:]] == [str(number) for number in range(2, 900)]
    assert "never closed" in records[1].fault
    assert not any(record.fault for record in records[2:])


def test_every_place_is_one_to_go_on_from() -> None:
    content = 'SKU,Name\r\n1,"a\nb"\r\n2,茶\r\n3,"x"\r\n'.encode("gb18030")
    dialect, records = read(content)
    for number, record in enumerate(records):
        rest = [each.cells for each in read_delimited([content[record.end :]], dialect, at=record.end)]
        assert rest == [each.cells for each in records[number + 1 :]]


def test_a_title_above_the_headers_is_passed_over() -> None:
    dialect, _records = read(b"Our price list,\n,\nSKU,Name\nA-1,Tea\n")
    assert (dialect.header_row, dialect.headers) == (3, ["SKU", "Name"])


def test_bytes_of_another_encoding_are_a_fault_of_their_row() -> None:
    content = b"SKU,Name\n" + "A-1,茶叶\n".encode() * 50_000 + b"A-2,\xff\xfe\n"
    dialect = inspect_text(content[:200_000], COLUMNS, is_whole=False)
    assert dialect.encoding == "utf-8"
    faults = [record for record in text_records([content], dialect) if record.fault]
    assert [record.cells[0] for record in faults] == ["A-2"]


def workbook(rows: Sequence[Sequence[Any]]) -> io.BytesIO:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def test_cells_of_a_workbook_stay_exact() -> None:
    file = workbook([["SKU", "Name"], [690123456789, 12.1], ["007", datetime.datetime(2026, 1, 31)], [True, None]])
    dialect = inspect_workbook(file, len(file.getvalue()), COLUMNS)
    assert (dialect.format, dialect.headers) == ("xlsx", ["SKU", "Name"])
    cells = [record.cells for record in read_workbook(file, after=1)]
    assert cells == [[690123456789, 12.1], ["007", "2026-01-31"], [True]]


def test_zip_bomb_is_refused_unread() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<a/>")
        archive.writestr("xl/workbook.xml", b"<a>" + b" " * 50_000_000 + b"</a>")
    with pytest.raises(TooLargeError):
        inspect_workbook(file, len(file.getvalue()), COLUMNS)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
def test_entities_are_refused(part: str) -> None:
    harm = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    source, file = workbook([["SKU"], ["A-1"]]), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(file, "w") as new:
        for name in {*old.namelist(), part}:
            new.writestr(name, harm if name == part else old.read(name))
    with pytest.raises(UnreadableFileError, match="entities"):
        inspect_workbook(file, len(file.getvalue()), COLUMNS)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"PK\x05\x06" + b"\0" * 18])
def test_a_damaged_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        inspect_workbook(io.BytesIO(content), len(content), COLUMNS)


def test_gzip_bomb_is_refused_early() -> None:
    bomb = gzip.compress(b"\0" * 300_000_000)
    taken = 0
    with pytest.raises(TooLargeError):
        for piece in inflate([bomb]):
            taken += len(piece)
    assert taken < 100_000_000
    assert b"".join(inflate([gzip.compress(b"SKU\n") + gzip.compress(b"A-1\n")])) == b"SKU\nA-1\n"


def test_prices_as_an_american_shop_writes_them() -> None:
    columns = (
        Column("sku", "ProductKey", is_required=True),
        Column("price", "Unit Price USD", ColumnKind.MONEY, is_required=True),
    )
    content = 'ProductKey,Product Name,Unit Price USD\n1,Café MP3,$12.99 \n2,Brûlée,"$2,652.00 "\n'.encode("cp1252")
    dialect = inspect_text(content, columns, is_whole=True)
    place = match_headers(columns, dialect.headers).mapping["price"]
    dollars = Formats(currency="USD")
    prices = [columns[1].parse(record.cells[place], dollars) for record in list(text_records([content], dialect))[1:]]
    assert prices == [Decimal("12.99"), Decimal("2652.00")]


amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=2)


@given(amounts, st.sampled_from([",", " ", "'", "\u00a0", ""]), st.sampled_from(["", "¥", "￥", "CNY ", "RMB"]))
def test_amounts_come_back_from_what_people_write(amount: Decimal, thousands: str, sign: str) -> None:
    written = f"{abs(amount):,.2f}".replace(",", thousands)
    minus = "-" if amount < 0 else ""
    assert parse_money(f"{minus}{sign}{written} ", FORMATS) == amount
    assert parse_money(f"({written})", FORMATS) == -abs(amount)


@given(amounts)
def test_amounts_with_a_decimal_comma_come_back(amount: Decimal) -> None:
    written = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    assert parse_money(written, FORMATS) == amount
    full_width = str.maketrans("0123456789,.-", "０１２３４５６７８９，．－")
    assert parse_money(f"{amount:,.2f}".translate(full_width), FORMATS) == amount


@given(st.from_regex(r"[0-9]{1,15}(\.[0-9]{1,3})?", fullmatch=True), st.sampled_from(["", "."]))
def test_plain_numbers_come_to_the_same_on_the_short_way(text: str, mark: str) -> None:
    formats = Formats(decimal_mark=mark)
    # A blank in front is taken off on the long way only.
    assert str(parse_decimal(text, formats)) == str(parse_decimal(f" {text}", formats))


@pytest.mark.parametrize("text", ["$5", "EUR 5", "12 34", "1.234", "1.2.3", "--5", "", "=1+1", "1E+5", "९९"])
def test_what_is_no_amount_here_is_refused(text: str) -> None:
    with pytest.raises(CellError):
        parse_money(text, FORMATS)


def test_csv_of_the_house_reads_back() -> None:
    line = csv_line(["-5mm", "=A1", "+8613"])
    assert next(csv.reader([line])) == ["'-5mm", "'=A1", "'+8613"]
    assert [Column("x", "X").parse(cell, FORMATS) for cell in next(csv.reader([line]))] == ["-5mm", "=A1", "+8613"]
