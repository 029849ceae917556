"""How files are written: for spreadsheets, for programs, and as lines of JSON."""

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
from smsreports.unified.exports import COLUMNS
from tests.conftest import EVER, Person, broadcast, load, message, send
from tests.export.conftest import BOM, export, table

UNIFIED = "/api/v1/sms/messages/unified"
HEADER = (
    b"id,source,recipient,sender_id,message,status,status_code,cost,sent_at,delivered_at,clicked,clicked_at,"
    b"action_type,action_at,message_id,client_message_id,segments,broadcast_id,broadcast_name\n"
)
DELIVERED = {"status": "DELIVRD", "status_code": "000", "delivered_at": "2026-02-13T12:00:03.999999Z"}
# What a spreadsheet runs, quotes, breaks at or loses.
AWKWARD = [
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
# How a file writes what JSON has words for.
WORDS = {"None": "", "True": "true", "False": "false"}
RUN = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    load(
        [
            message(message="Your code, \"847291\"\nor 'none'", cost="0.0085", **DELIVERED),
            message(client_message_id="m-2", message="=HYPERLINK(1)", sender_id="+218910000", recipient="55512"),
            message(client_message_id="-m3", message="-", sender_id="@me", recipient="+4915551234"),
            broadcast(name="=Winter, 50%", message="\tنص"),
            send(
                cost="100.50",
                clicked_at="2026-02-13T12:05:00Z",
                action_type="=call()",
                action_at="2026-02-13T12:06:00Z",
            ),
        ]
    )


def test_a_file_for_spreadsheets_starts_with_a_mark_and_the_unified_keys(owner: Person) -> None:
    answer = export(owner)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.body.startswith(BOM + HEADER)
    assert answer.body.count(BOM) == 1


def test_a_strict_file_has_no_mark(owner: Person) -> None:
    answer = export(owner, dialect="strict")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.body.startswith(HEADER)


@pytest.mark.parametrize("dialect", ["excel", "strict"])
def test_lines_end_in_a_line_feed_alone(owner: Person, dialect: str) -> None:
    body = export(owner, dialect=dialect).body
    assert body.endswith(b"\n")
    assert b"\r" not in body


def test_a_row_is_written_as_the_list_shows_it(owner: Person) -> None:
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


def test_a_cell_that_a_spreadsheet_would_run_is_guarded(owner: Person) -> None:
    rows = {row["client_message_id"] or "send": row for row in table(export(owner).body)}
    assert rows["m-2"]["message"] == "'=HYPERLINK(1)"
    assert (rows["'-m3"]["message"], rows["'-m3"]["sender_id"]) == ("'-", "'@me")
    assert (rows["send"]["message"], rows["send"]["broadcast_name"]) == ("'\tنص", "'=Winter, 50%")
    assert rows["send"]["action_type"] == "'=call()"


def test_a_plain_number_of_a_phone_is_not_guarded(owner: Person) -> None:
    rows = table(export(owner).body)
    assert {row["recipient"] for row in rows} == {"+14155551234", "55512", "+4915551234", "+447911123456"}
    assert "+218910000" in {row["sender_id"] for row in rows}


def test_a_strict_file_leaves_every_value_as_it_is(owner: Person) -> None:
    rows = [as_file(row) for row in listed(owner)]
    assert table(export(owner, dialect="strict").body) == rows


def test_lines_of_json_are_the_lists_own_objects(owner: Person) -> None:
    answer = export(owner, format="ndjson")
    lines = answer.body.decode().removesuffix("\n").split("\n")
    assert answer["Content-Type"] == "application/x-ndjson"
    assert [exact(line) for line in lines] == listed(owner)
    assert [list(json.loads(line)) for line in lines] == [list(row) for row in listed(owner)]


def test_strictness_changes_nothing_in_lines_of_json(owner: Person) -> None:
    assert export(owner, format="ndjson", dialect="strict").body == export(owner, format="ndjson").body


@pytest.mark.parametrize(("params", "ending"), [({}, "csv"), ({"format": "ndjson"}, "ndjson")])
def test_a_file_is_named_by_its_moment(owner: Person, params: dict[str, str], ending: str) -> None:
    named = r'attachment; filename="messages_export_[0-9]{8}T[0-9]{6}Z\.%s"'
    assert re.fullmatch(named % ending, export(owner, **params)["Content-Disposition"])


def test_an_empty_file_is_its_header(stranger: Person) -> None:
    assert export(stranger).body == BOM + HEADER
    assert export(stranger, dialect="strict").body == HEADER
    assert export(stranger, format="ndjson").body == b""


def test_a_file_is_written_where_debug_is_on(owner: Person, settings: Any) -> None:
    settings.DEBUG = True
    assert len(table(export(owner).body)) == 4


def test_every_column_of_the_sources_is_in_the_file() -> None:
    for source in get_sources():
        assert [column.name for column in COLUMNS] == list(source.sms.columns)


@hypothesis.settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=20))
@example(texts=AWKWARD)
def test_any_text_comes_back_through_every_format(db: None, texts: list[str]) -> None:
    assert column(copied("csv-strict", texts)) == texts
    assert [json.loads(line)["text"] for line in copied("ndjson", texts).splitlines()] == texts
    guarded = column(copied("csv", texts))
    assert [cell.removeprefix("'") if runs(text) else cell for text, cell in zip(texts, guarded, strict=True)] == texts
    assert not any(runs(cell) for cell in guarded)


def test_what_is_empty_and_what_is_null_are_both_nothing_in_a_table(db: None) -> None:
    assert copied("csv-strict", ["", None]) == b'text\n""\n\n'
    assert copied("ndjson", ["", None]) == b'{"text":""}\n{"text":null}\n'


def runs(cell: str) -> bool:
    """Whether a spreadsheet would run it: it looks like a formula, and is no phone number."""
    digits = cell[1:]
    return cell.startswith(RUN) and not (cell[0] == "+" and digits.isascii() and digits.isdigit())


def copied(name: str, texts: Iterable[str | None]) -> bytes:
    """These texts as a file of one column."""
    form: Format = FORMATS[name]
    values = list(texts)
    sql = form.build_copy_sql([Column("text", ColumnKind.TEXT)], ["text"], "SELECT unnest(%s::text[])")
    with connection.cursor() as cursor, cursor.cursor.copy(sql, [values]) as rows:
        return form.build_preamble(["text"]).removeprefix(BOM) + b"".join(bytes(row) for row in rows)


def column(file: bytes) -> list[str]:
    return [row["text"] for row in table(file)]


def listed(who: Person) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = exact(who.get(UNIFIED, EVER | {"limit": "100"}).body)["messages"]
    return rows


def exact(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


def as_file(row: dict[str, Any]) -> dict[str, str]:
    return {name: WORDS.get(repr(value), str(value)) for name, value in row.items()}
