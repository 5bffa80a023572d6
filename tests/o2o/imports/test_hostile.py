"""Uploads that mean harm are refused early and leave nothing; of those that are only odd, rows come back."""

import codecs
import gzip
import io
import uuid
import zipfile
from collections.abc import Iterator

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from o2o.imports.models import ImportBatch, ImportFilePart
from o2o.imports.reading import TooLargeError, packages
from o2o.imports.reading.workbooks import check_workbook, read_workbook
from o2o.tenancy.models import Merchant
from o2o.tenancy.scope import tenant_transaction
from tests.o2o.api.conftest import make_token
from tests.o2o.imports.conftest import applied, rows, upload
from tests.o2o.imports.test_flow import things

MAIN = packages.MAIN
TABLE = "SKU,商品,Price\n茶-1,西湖龙井茶叶,12.50\n茶-2,“铁观音”，一级,1\n".replace("商品", "Name")
SHARED = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def changed(parts: dict[str, bytes]) -> bytes:
    """Return a small workbook with some parts of it replaced, or added."""
    book, source, file = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    book.active.append(["SKU", "Name"])
    book.save(source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as new:
        kept = {name: old.read(name) for name in old.namelist()}
        texts = f'<Override PartName="/xl/texts.xml" ContentType="{SHARED}"/></Types>'.encode()
        kept["[Content_Types].xml"] = kept["[Content_Types].xml"].replace(b"</Types>", texts)
        for name, content in {**kept, "xl/texts.xml": f'<sst xmlns="{MAIN}"/>'.encode(), **parts}.items():
            new.writestr(name, content)
    return file.getvalue()


def sheet(data: str) -> bytes:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData></worksheet>'.encode()


def many_styles() -> bytes:
    xfs = '<xf numFmtId="0"/>' * 120_000
    return changed({"xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs>{xfs}</cellXfs></styleSheet>'.encode()})


def many_texts() -> bytes:
    return changed({"xl/texts.xml": f'<sst xmlns="{MAIN}">{"<si><t>a</t></si>" * 500_000}</sst>'.encode()})


def one_endless_cell() -> bytes:
    text = "a" * 3_000_000
    return changed({"xl/worksheets/sheet1.xml": sheet(f'<row r="1"><c t="inlineStr"><is><t>{text}</t></is></c></row>')})


def one_endless_row_that_looks_like_many() -> bytes:
    """A row within a row, a row in a comment and one in a CDATA section end nothing."""
    inner = '<c><row xmlns="urn:x"></row><!-- </row> --><is><t><![CDATA[</row>]]></t></is></c>' * 40_000
    return changed({"xl/worksheets/sheet1.xml": sheet(f'<row r="1">{inner}</row>')})


def rows_without_end() -> bytes:
    return changed({"xl/worksheets/sheet1.xml": sheet("<row/>" * 300_100)})


BOMBS = [many_styles, many_texts, one_endless_cell, one_endless_row_that_looks_like_many, rows_without_end]


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_grow_in_memory_is_refused(bomb) -> None:
    content = bomb()
    with pytest.raises(TooLargeError):
        list(_records(content))


@pytest.mark.parametrize("bomb", [one_endless_cell, one_endless_row_that_looks_like_many])
def test_control_without_the_guard_it_is_held_whole(bomb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MAX_SHEET_ROW_BYTES", 1 << 40)
    assert len(list(_records(bomb()))) == 1


def _records(content: bytes) -> Iterator[object]:
    check_workbook(io.BytesIO(content), len(content))
    yield from read_workbook(io.BytesIO(content), after=0)


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<a/>")
        archive.writestr("xl/workbook.xml", b"<a>" + b" " * 50_000_000 + b"</a>")
    return file.getvalue()


def entities() -> bytes:
    harm = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    return changed({"xl/worksheets/sheet1.xml": harm})


def gzip_bomb() -> bytes:
    return gzip.compress(b"SKU,Name\n" + b"\0" * 80_000_000)


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize(
    ("harm", "name", "status"),
    [
        (zip_bomb, "a.xlsx", 413),
        (many_styles, "a.xlsx", 413),
        (one_endless_cell, "a.xlsx", 413),
        (entities, "a.xlsx", 422),
        (gzip_bomb, "a.csv.gz", 413),
        (lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600, "a.xls", 422),
        (lambda: b"", "a.csv", 422),
    ],
)
def test_harm_is_refused_at_the_door_and_leaves_nothing(harm, name: str, status: int, merchant: Merchant) -> None:
    token = make_token(merchant, {"imports:read", "imports:write", "webhooks:write"})
    client = Client(headers={"Authorization": f"Bearer {token}"})

    answer = client.post(
        "/api/v1/imports",
        {"kind": "test.things", "file": SimpleUploadedFile(name, harm())},
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )

    assert answer.status_code == status, answer.content
    assert b"passwd" not in answer.content
    with tenant_transaction(merchant.pk):
        assert not ImportBatch.objects.exists()
        assert not ImportFilePart.objects.exists()


@pytest.mark.usefixtures("committed_db")
def test_a_file_of_nothing_but_nul_names_no_column(merchant: Merchant) -> None:
    batch = upload(merchant, b"\0" * 2_000_000)
    assert "SKU, Name" in batch.error
    assert len(str(batch.dialect)) < 1000


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        TABLE.encode("gb18030"),
        codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"),
        TABLE.replace(",", ";").encode("utf-16-le"),
        TABLE.replace(",", "\t").replace("\n", "\r\n").encode("utf-16-be"),
        gzip.compress(TABLE.encode("gb18030")),
    ],
    # The processes of a run must agree on the names, and a .gz holds the second in which it was made.
    ids=("utf-8", "bom", "gb18030", "utf-16-le", "utf-16-be", "utf-16-semicolons", "utf-16-tabs", "gzip"),
)
def test_a_file_goes_all_the_way_in_whatever_encoding(content: bytes, merchant: Merchant) -> None:
    assert applied(merchant, content).applied_count == 2
    assert things(merchant) == {"茶-1": ("西湖龙井茶叶", ["12.50", ""]), "茶-2": ("“铁观音”，一级", ["1.00", ""])}


@pytest.mark.usefixtures("committed_db")
def test_odd_rows_come_back_alone_and_formulas_are_text(merchant: Merchant) -> None:
    content = (
        b"SKU,Name,Price\nA-1,Tea,1\nA-2,nul\0l,1\nA-3,Milk,\xff\xfe\nA-4,\"=cmd|' /C calc'!A0\",2\n"
        b"A-5,@SUM(A1),3\nA-6,+1,4\nA-7,-1,5\n" + b"A-8," + b"x," * 600 + b"\n" + b'A-9,"open\nA-10,Tea,1\n'
    )
    batch = applied(merchant, content)
    assert set(things(merchant)) == {"A-1", "A-4", "A-5", "A-6", "A-7", "A-10"}
    assert things(merchant)["A-4"][0] == "=cmd|' /C calc'!A0"
    told = {row.row_number: row.reason for row in rows(batch) if row.reason}
    words = {3: "NUL byte", 4: "not a number", 9: "more than 500 columns", 10: "never closed"}
    assert set(told) == set(words)
    assert [number for number in words if words[number] not in told[number]] == []
