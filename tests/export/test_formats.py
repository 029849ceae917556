"""Formats of exports: CSV for spreadsheets, strict CSV, and lines of JSON."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import hypothesis
import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from smsreports.export.columns import Column, ColumnKind
from smsreports.export.formats import FORMATS, Format
from smsreports.sources import get_sources
from smsreports.unified.columns import COLUMNS
from tests.conftest import ALL_DAYS, ApiClient, broadcast_line, load_lines, message_line, send_line
from tests.export.conftest import BOM, export, table

UNIFIED = "/api/v1/sms/messages/unified"
HEADER = (
    b"id,source,recipient,sender_id,message,status,status_code,cost,sent_at,delivered_at,clicked,clicked_at,"
    b"action_type,action_at,message_id,client_message_id,segments,broadcast_id,broadcast_name\n"
)
DELIVERED = {"status": "DELIVRD", "status_code": "000", "delivered_at": "2026-02-13T12:00:03.999999Z"}
# Texts that a spreadsheet may run, quote, split or lose.
AWKWARD_TEXTS = [
    "=1+1",
    "+1",
    "+1\n",
    "+1+1",
    "-1",
    "@SUM(A1)",
    "\n\n",
    "\tx",
    "\rx",
    '"',
    '""',
    "a,b",
    "a\nb",
    "a\r\nb",
    "\\.",
    "\\N",
    "",
    " x ",
    "'",
]
# CSV texts of JSON's null, true and false.
CSV_WORDS = {"None": "", "True": "true", "False": "false"}
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    load_lines(
        [
            message_line(message="Your code, \"847291\"\nor 'none'", cost="0.0085", **DELIVERED),
            message_line(client_message_id="m-2", message="=HYPERLINK(1)", sender_id="+218910000", recipient="55512"),
            message_line(client_message_id="-m3", message="-", sender_id="@me", recipient="+4915551234"),
            broadcast_line(name="=Winter, 50%", message="\tنص"),
            send_line(
                cost="100.50",
                clicked_at="2026-02-13T12:05:00Z",
                action_type="=call()",
                action_at="2026-02-13T12:06:00Z",
            ),
        ]
    )


def test_a_file_for_spreadsheets_starts_with_a_bom_and_the_titles(owner: ApiClient) -> None:
    response = export(owner)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.body.startswith(BOM + HEADER)
    assert response.body.count(BOM) == 1


def test_a_strict_file_has_no_bom(owner: ApiClient) -> None:
    response = export(owner, dialect="strict")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.body.startswith(HEADER)


@pytest.mark.parametrize("dialect", ["excel", "strict"])
def test_lines_end_in_a_line_feed_alone(owner: ApiClient, dialect: str) -> None:
    body = export(owner, dialect=dialect).body
    assert body.endswith(b"\n")
    assert b"\r" not in body


def test_a_row_has_the_same_values_as_in_the_list(owner: ApiClient) -> None:
    row = next(row for row in table(export(owner).body) if row["client_message_id"] == "m-1")
    assert row | {"id": ""} == {
        **dict.fromkeys(HEADER.decode().strip().split(","), ""),
        "source": "api",
        "recipient": "+14155551234",
        "sender_id": "MyApp",
        "message": "Your code, \"847291\"\nor 'none'",
        "status": "DELIVRD",
        "status_code": "000",
        "cost": "0.0085",
        "sent_at": "2026-02-13T12:00:00Z",
        "delivered_at": "2026-02-13T12:00:03Z",
        "clicked": "false",
        "client_message_id": "m-1",
        "segments": "1",
    }


def test_a_cell_that_looks_like_a_formula_is_guarded(owner: ApiClient) -> None:
    rows = {row["client_message_id"] or "send": row for row in table(export(owner).body)}
    assert rows["m-2"]["message"] == "'=HYPERLINK(1)"
    assert (rows["'-m3"]["message"], rows["'-m3"]["sender_id"]) == ("'-", "'@me")
    assert (rows["send"]["message"], rows["send"]["broadcast_name"]) == ("'\tنص", "'=Winter, 50%")
    assert rows["send"]["action_type"] == "'=call()"


def test_a_phone_number_is_not_guarded(owner: ApiClient) -> None:
    rows = table(export(owner).body)
    assert {row["recipient"] for row in rows} == {"+14155551234", "55512", "+4915551234", "+447911123456"}
    assert "+218910000" in {row["sender_id"] for row in rows}


def test_a_strict_file_leaves_every_value_unchanged(owner: ApiClient) -> None:
    rows = [to_csv_row(row) for row in list_rows(owner)]
    assert table(export(owner, dialect="strict").body) == rows


def test_the_lines_of_json_equal_the_objects_of_the_list(owner: ApiClient) -> None:
    response = export(owner, format="ndjson")
    lines = response.body.decode().removesuffix("\n").split("\n")
    assert response["Content-Type"] == "application/x-ndjson"
    assert [parse_json(line) for line in lines] == list_rows(owner)
    assert [list(json.loads(line)) for line in lines] == [list(row) for row in list_rows(owner)]


def test_the_strict_dialect_has_no_effect_on_json(owner: ApiClient) -> None:
    assert export(owner, format="ndjson", dialect="strict").body == export(owner, format="ndjson").body


@pytest.mark.parametrize(("params", "extension"), [({}, "csv"), ({"format": "ndjson"}, "ndjson")])
def test_the_file_name_contains_the_time(owner: ApiClient, params: dict[str, str], extension: str) -> None:
    pattern = r'attachment; filename="messages_export_[0-9]{8}T[0-9]{6}Z\.%s"'
    assert re.fullmatch(pattern % extension, export(owner, **params)["Content-Disposition"])


def test_an_empty_file_has_only_the_titles(stranger: ApiClient) -> None:
    assert export(stranger).body == BOM + HEADER
    assert export(stranger, dialect="strict").body == HEADER
    assert export(stranger, format="ndjson").body == b""


def test_an_export_works_with_debug_on(owner: ApiClient, settings: Any) -> None:
    settings.DEBUG = True
    assert len(table(export(owner).body)) == 4


def test_every_column_of_the_sources_is_in_the_file() -> None:
    for source in get_sources():
        assert [column.name for column in COLUMNS] == list(source.sms.columns)


@hypothesis.settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=20))
@example(texts=AWKWARD_TEXTS)
def test_any_text_survives_every_format(db: None, texts: list[str]) -> None:
    assert read_column(copy_texts("csv-strict", texts)) == texts
    assert [json.loads(line)["text"] for line in copy_texts("ndjson", texts).splitlines()] == texts
    guarded = read_column(copy_texts("csv", texts))
    assert [
        cell.removeprefix("'") if is_formula(text) else cell for text, cell in zip(texts, guarded, strict=True)
    ] == texts
    assert not any(is_formula(cell) for cell in guarded)


def test_empty_and_null_texts_are_distinguished(db: None) -> None:
    assert copy_texts("csv-strict", ["", None]) == b'text\n""\n\n'
    assert copy_texts("ndjson", ["", None]) == b'{"text":""}\n{"text":null}\n'


def is_formula(cell: str) -> bool:
    """Return true if a spreadsheet would run the cell: it looks like a formula and is not a phone number."""
    digits = cell[1:]
    return cell.startswith(FORMULA_PREFIXES) and not (cell[0] == "+" and digits.isascii() and digits.isdigit())


def copy_texts(name: str, texts: Iterable[str | None]) -> bytes:
    """Write texts to a file of one column."""
    file_format: Format = FORMATS[name]
    text_list = list(texts)
    sql = file_format.build_copy_sql([Column("text", ColumnKind.TEXT)], ["text"], "SELECT unnest(%s::text[])")
    with connection.cursor() as cursor, cursor.cursor.copy(sql, [text_list]) as rows:
        return file_format.build_preamble(["text"]).removeprefix(BOM) + b"".join(bytes(row) for row in rows)


def read_column(file: bytes) -> list[str]:
    return [row["text"] for row in table(file)]


def list_rows(api_client: ApiClient) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parse_json(api_client.get(UNIFIED, ALL_DAYS | {"limit": "100"}).body)["messages"]
    return rows


def parse_json(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


def to_csv_row(row: dict[str, Any]) -> dict[str, str]:
    return {name: CSV_WORDS.get(repr(value), str(value)) for name, value in row.items()}
