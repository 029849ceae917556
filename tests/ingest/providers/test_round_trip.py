"""Our own exports: loaded into an empty account, they come out of it as they came in."""

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
from tests.conftest import person
from tests.export.conftest import BOM, export
from tests.ingest.conftest import Record, broadcast, loaded, message, send
from tests.ingest.providers.conftest import load_file

FORMS = {"excel": {}, "strict": {"dialect": "strict"}, "ndjson": {"format": "ndjson"}}
# Ids are the account's own.
IDS = ("id", "broadcast_id")
NUMBER = count()
# What spreadsheets run, guards, quotes, line ends, what looks like null, and what takes two UTF-16 units.
AWKWARD = [
    "=1+1", "+1", "+1\n", "-", "@a", "\tx", "\rx", "'", "''", "'a", '"', '""', '",",\n', "a\r\nb", "\\N", "\\.",
    "null", " x ", "😀", "\ufeff", "\u2028",
]  # fmt: skip
# A guard on such a text cannot be told from the text's own beginning.
LIKE_GUARDED = ["'=1", "'+1+", "'-", "''@"]

TEXT = st.one_of(
    st.sampled_from(AWKWARD), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
)
WORD = TEXT.filter(lambda text: 0 < len(text) <= 16)
TIME = st.integers(0, 5).map(lambda second: f"2026-02-13T12:00:0{second}Z")
COST = st.decimals(0, 999999, places=6).map(str)


@st.composite
def sms(draw: st.DrawFn) -> Record:
    """What a message and a send have in common."""
    status = draw(st.sampled_from(NAMES))
    return {
        "recipient": draw(st.sampled_from(["+14155551234", "14155551234", "22122", "+99912345678"])),
        "sender_id": draw(st.one_of(WORD, st.just("+218910000"))),
        "message": draw(st.one_of(TEXT, st.just(""))),
        "status": status,
        "status_code": draw(st.one_of(WORD, st.just(""), st.just("-01"))),
        "segments": draw(st.integers(1, 300)),
        "cost": draw(COST),
        "delivered_at": draw(TIME) if status in FINAL and draw(st.booleans()) else None,
    }


@st.composite
def sends(draw: st.DrawFn) -> Record:
    acted = draw(st.booleans())
    own = {
        "broadcast": draw(st.sampled_from(["promo", "winter"])),
        "clicked_at": draw(st.none() | TIME),
        "action_type": draw(WORD) if acted else None,
        "action_at": draw(TIME) if acted else None,
    }
    return draw(sms()) | own | {"sent_at": draw(TIME)}


@st.composite
def messages(draw: st.DrawFn) -> Record:
    return draw(sms()) | {"message_id": draw(st.none() | WORD), "created_at": draw(TIME)}


TRAFFIC = st.tuples(st.lists(messages(), max_size=6), st.lists(sends(), max_size=6), WORD)


@pytest.fixture(scope="module", autouse=True)
def kept(committed: None) -> None:
    """A file is read on a connection of its own, which sees only what is committed."""


def made(messages: Sequence[Record] = (), sends: Sequence[Record] = (), name: str = "Winter") -> Account:
    """A new account with this traffic."""
    account = Account.objects.create(name=f"a{next(NUMBER)}")
    records = [broadcast(), broadcast("winter", name=name)]
    records += [message(f"{n}", **one) for n, one in enumerate(messages)]
    records += [send(f"={n}", **one) for n, one in enumerate(sends)]
    assert loaded(*({**record, "account": account.name} for record in records)).rejected == []
    return account


def file(account: Account, form: str) -> bytes:
    body: bytes = export(person(account.name), **FORMS[form]).body
    return body


def copied(account: Account, form: str) -> Account:
    """An account into which the other one's file was loaded."""
    copy = Account.objects.create(name=f"a{next(NUMBER)}")
    outcome, imported = load_file("smsreports", copy, file(account, form))
    assert (outcome.rejected, imported.notes.unknown_columns) == ([], set())
    return copy


def rows(account: Account, form: str) -> list[dict[str, Any]]:
    """A file's rows with the ids that tell nothing replaced by their place of first appearance."""
    content = file(account, form).removeprefix(BOM).decode()
    if form == "ndjson":
        found = [json.loads(line, parse_float=str) for line in content.removesuffix("\n").split("\n") if line]
    else:
        found = list(csv.DictReader(io.StringIO(content, newline=""), strict=True))
    places: dict[Any, int] = {}
    return [row | {"id": "", "broadcast_id": places.setdefault(row["broadcast_id"], len(places))} for row in found]


@hypothesis.settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=8)
@given(traffic=TRAFFIC)
def test_a_file_loaded_into_an_empty_account_is_exported_again(traffic: Any) -> None:
    account = made(*traffic)
    for form in FORMS:
        assert rows(copied(account, form), form) == rows(account, form)


def test_a_file_for_programs_keeps_what_a_spreadsheet_would_not_tell_apart() -> None:
    account = made([{"message": text, "sender_id": text, "status_code": text} for text in LIKE_GUARDED], name="'=1")
    assert rows(copied(account, "strict"), "ndjson") == rows(account, "ndjson")
    copy = copied(account, "excel")
    assert rows(copy, "excel") == rows(account, "excel")
    assert {row["message"] for row in rows(copy, "strict")} == {text[1:] for text in LIKE_GUARDED[:3]} | {"''@"}


def test_within_a_second_sends_come_before_messages_afterwards() -> None:
    """Files have whole seconds: what order they do not tell is the list's own, by source and by id."""
    times = [f"2026-02-13T12:00:00.{n}00000Z" for n in range(1, 7)]
    account = made([{"created_at": time} for time in times[:4]], [{"sent_at": time} for time in times[2:]])
    before, after = rows(account, "ndjson"), rows(copied(account, "ndjson"), "ndjson")
    assert before != after
    assert after == sorted(before, key=lambda row: row["source"], reverse=True)


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_file_is_loaded_as_nothing(form: str) -> None:
    assert rows(copied(made(), form), form) == []
