"""Our own exports: after loading into an empty account, the export is the same again."""

import csv
import io
import json
from collections.abc import Sequence
from itertools import count
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from smsreports.accounts.models import Account
from smsreports.sms.statuses import FINAL, NAMES
from tests.conftest import create_api_client
from tests.export.conftest import BOM, export
from tests.ingest.conftest import Record, broadcast, load_records, message, send
from tests.ingest.providers.conftest import load_file

FORMS = {"excel": {}, "strict": {"dialect": "strict"}, "ndjson": {"format": "ndjson"}}
# Columns of ids, which differ between accounts.
IDS = ("id", "broadcast_id")
ACCOUNT_NUMBERS = count()
# Formulas of spreadsheets, guards, quotes, line ends, values like null, and a character of two UTF-16 units.
AWKWARD = [
    "=1+1", "+1", "+1\n", "-", "@a", "\tx", "\rx", "'", "''", "'a", '"', '""', '",",\n', "a\r\nb", "\\N", "\\.",
    "null", " x ", "😀", "\ufeff", "\u2028",
]  # fmt: skip
# Texts whose own beginning looks like a guard.
LIKE_GUARDED = ["'=1", "'+1+", "'-", "''@"]

TEXTS = st.one_of(
    st.sampled_from(AWKWARD), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
)
WORDS = TEXTS.filter(lambda text: 0 < len(text) <= 16)
TIMES = st.integers(0, 5).map(lambda second: f"2026-02-13T12:00:0{second}Z")
COSTS = st.decimals(0, 999999, places=6).map(str)


@st.composite
def draw_sms(draw: st.DrawFn) -> Record:
    """Draw the fields that a message and a send have in common."""
    status = draw(st.sampled_from(NAMES))
    return {
        "recipient": draw(st.sampled_from(["+14155551234", "14155551234", "22122", "+99912345678"])),
        "sender_id": draw(st.one_of(WORDS, st.just("+218910000"))),
        "message": draw(st.one_of(TEXTS, st.just(""))),
        "status": status,
        "status_code": draw(st.one_of(WORDS, st.just(""), st.just("-01"))),
        "segments": draw(st.integers(1, 300)),
        "cost": draw(COSTS),
        "delivered_at": draw(TIMES) if status in FINAL and draw(st.booleans()) else None,
    }


@st.composite
def draw_send(draw: st.DrawFn) -> Record:
    has_action = draw(st.booleans())
    own = {
        "broadcast": draw(st.sampled_from(["promo", "winter"])),
        "clicked_at": draw(st.none() | TIMES),
        "action_type": draw(WORDS) if has_action else None,
        "action_at": draw(TIMES) if has_action else None,
    }
    return draw(draw_sms()) | own | {"sent_at": draw(TIMES)}


@st.composite
def draw_message(draw: st.DrawFn) -> Record:
    return draw(draw_sms()) | {"message_id": draw(st.none() | WORDS), "created_at": draw(TIMES)}


TRAFFIC = st.tuples(st.lists(draw_message(), max_size=6), st.lists(draw_send(), max_size=6), WORDS)


@pytest.fixture(scope="module", autouse=True)
def committed_database(committed: None) -> None:
    """An export reads on a connection of its own, which sees only committed data."""


def create_account(messages: Sequence[Record] = (), sends: Sequence[Record] = (), name: str = "Winter") -> Account:
    """Create an account with this traffic. `name` is the name of one of its broadcasts."""
    account = Account.objects.create(name=f"a{next(ACCOUNT_NUMBERS)}")
    records = [broadcast(), broadcast("winter", name=name)]
    records += [message(f"{n}", **fields) for n, fields in enumerate(messages)]
    records += [send(f"={n}", **fields) for n, fields in enumerate(sends)]
    assert load_records(*({**record, "account": account.name} for record in records)).rejected == []
    return account


def export_file(account: Account, form: str) -> bytes:
    body: bytes = export(create_api_client(account.name), **FORMS[form]).body
    return body


def load_copy(account: Account, form: str) -> Account:
    """Load the account's export into a new account, and return that."""
    copy = Account.objects.create(name=f"a{next(ACCOUNT_NUMBERS)}")
    result, run = load_file("smsreports", copy, export_file(account, form))
    assert (result.rejected, run.notes.unknown_columns) == ([], set())
    return copy


def read_rows(account: Account, form: str) -> list[dict[str, Any]]:
    """Return the rows of the account's export, with ids replaced by their order of first appearance."""
    content = export_file(account, form).removeprefix(BOM).decode()
    if form == "ndjson":
        file_rows = [json.loads(line, parse_float=str) for line in content.removesuffix("\n").split("\n") if line]
    else:
        file_rows = list(csv.DictReader(io.StringIO(content, newline=""), strict=True))
    positions: dict[Any, int] = {}
    return [
        row | {"id": "", "broadcast_id": positions.setdefault(row["broadcast_id"], len(positions))} for row in file_rows
    ]


@hypothesis.settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=8)
@given(traffic=TRAFFIC)
def test_a_loaded_export_is_exported_unchanged(traffic: Any) -> None:
    account = create_account(*traffic)
    for form in FORMS:
        assert read_rows(load_copy(account, form), form) == read_rows(account, form)


def test_a_strict_file_keeps_texts_that_look_guarded() -> None:
    account = create_account(
        [{"message": text, "sender_id": text, "status_code": text} for text in LIKE_GUARDED], name="'=1"
    )
    assert read_rows(load_copy(account, "strict"), "ndjson") == read_rows(account, "ndjson")
    copy = load_copy(account, "excel")
    assert read_rows(copy, "excel") == read_rows(account, "excel")
    assert {row["message"] for row in read_rows(copy, "strict")} == {text[1:] for text in LIKE_GUARDED[:3]} | {"''@"}


def test_rows_of_one_second_are_ordered_by_source_after_loading() -> None:
    """Files have whole seconds. Within a second, the list orders loaded rows by source and id."""
    times = [f"2026-02-13T12:00:00.{n}00000Z" for n in range(1, 7)]
    account = create_account([{"created_at": time} for time in times[:4]], [{"sent_at": time} for time in times[2:]])
    before, after = read_rows(account, "ndjson"), read_rows(load_copy(account, "ndjson"), "ndjson")
    assert before != after
    assert after == sorted(before, key=lambda row: row["source"], reverse=True)


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_file_loads_no_rows(form: str) -> None:
    assert read_rows(load_copy(create_account(), form), form) == []
