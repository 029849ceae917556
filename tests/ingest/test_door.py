"""Records by HTTP: what is answered, what is refused, and what is in the tables then."""

import gzip
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadcasts_app.models import BroadcastSend
from messages_app.models import Message
from smsreports.accounts.models import Account, Scope
from smsreports.concurrency.limits import LOADS
from smsreports.concurrency.slots import load_slots
from smsreports.ingest import backpressure, views
from smsreports.ingest.load import BATCH_LINES
from smsreports.ingest.merge import LOCK_NAMESPACE
from smsreports.ingest.models import Event
from smsreports.ingest.records import MAX_LINE_BYTES
from smsreports.ingest.staging import prepare_tables
from tests.conftest import Person, person
from tests.ingest.conftest import Record, broadcast, click, dump, message, receipt, send

DOOR = "/api/v1/ingest"
RECORDS = [
    message("m-1", message_id="c-1"),
    message("m-2", request_id="m-1"),
    broadcast(),
    send(),
    click(),
    receipt(client_message_id="m-1"),
    receipt(message_id="c-1", status="ENROUTE"),
    receipt(message_id="s-1", status="UNDELIV"),
]


def body(*records: Record | bytes) -> bytes:
    return b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in records)


def told(answer: Any) -> tuple[int, int, list[int]]:
    """What was accepted and what was known, and the lines that were rejected."""
    assert answer.status_code == 200, answer.body
    found = answer.json()
    assert list(found) == ["status", "accepted", "duplicates", "rejected"]
    assert found["status"] is True
    return found["accepted"], found["duplicates"], [one["line"] for one in found["rejected"]]


def refused(answer: Any) -> tuple[int, str]:
    found = answer.json()
    assert list(found) == ["status", "error_code", "description"]
    return answer.status_code, found["error_code"]


def without_account(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "account"}


def statuses() -> dict[str, str]:
    return dict(Message.everyones.values_list("client_message_id", "status"))


def test_it_answers_what_became_of_every_line(writer: Person) -> None:
    answer = writer.post(DOOR, body(message("m-1"), b"", b"no JSON", message("m-1"), receipt(client_message_id="m-1")))
    assert answer.json() == {
        "status": True,
        "accepted": 2,
        "duplicates": 1,
        "rejected": [{"line": 3, "error": "is not JSON: invalid literal, expected 'null'"}],
    }
    assert statuses() == {"m-1": "DELIVRD"}


def test_the_same_body_again_changes_nothing(writer: Person) -> None:
    assert told(writer.post(DOOR, body(*RECORDS))) == (len(RECORDS), 0, [])
    before = dump()
    assert told(writer.post(DOOR, body(*RECORDS))) == (0, len(RECORDS), [])
    assert dump() == before


def test_a_packed_body_is_a_body(writer: Person) -> None:
    packed = gzip.compress(body(*RECORDS))
    assert told(writer.post(DOOR, packed, content_encoding="gzip")) == (len(RECORDS), 0, [])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_in_any_requests_ends_in_the_same_tables(writer: Person, data: st.DataObject) -> None:
    order = data.draw(st.permutations(RECORDS + data.draw(st.lists(st.sampled_from(RECORDS), max_size=6))))
    size = data.draw(st.integers(1, len(order)))
    requests = [order[start : start + size] for start in range(0, len(order), size)]
    assert contents(writer, requests) == contents(writer, [RECORDS])


def contents(who: Person, requests: list[list[Record]]) -> list[Any]:
    """What is in the tables after these requests, without ids and times of arrival; then it is gone."""
    with transaction.atomic(), connection.cursor() as cursor:
        prepare_tables(cursor)
        with transaction.atomic():
            for records in requests:
                assert told(who.post(DOOR, body(*records)))[2] == []
            found = [sorted(map(repr, rows)) for rows in stored()]
            transaction.set_rollback(True)
    return found


def stored() -> Iterator[Iterable[Any]]:
    yield Message.everyones.values_list("client_message_id", "status", "sent_at", "delivered_at", "heads_request")
    yield BroadcastSend.everyones.values_list("message_id", "status", "delivered_at", "clicked_at", "click_count")
    yield Event.everyones.values_list("kind", "reference", "status", "at", "waits")


class TestAccount:
    def test_it_is_the_keys_where_it_is_left_out(self, writer: Person) -> None:
        assert told(writer.post(DOOR, body(without_account(message()), {**message("m-2"), "account": None}))) == (
            2,
            0,
            [],
        )
        assert set(Message.everyones.values_list("account__name", flat=True)) == {"acme"}

    @pytest.mark.parametrize("name", ["globex", "nobody", "", "ACME", 7, ["acme"], {}])
    def test_another_one_is_refused_whether_it_exists_or_not(self, writer: Person, name: Any) -> None:
        Account.objects.create(name="globex")
        answer = writer.post(DOOR, body(message("m-1"), message("m-2", account=name)))
        assert told(answer) == (1, 0, [2])
        assert answer.json()["rejected"][0]["error"] == "account: must be the key's own, or left out"

    def test_one_accounts_receipt_leaves_anothers_message_alone(self, writer: Person, db: None) -> None:
        other = person("globex", Scope.WRITE)
        other.post(DOOR, body(without_account(message("m-1"))))
        writer.post(DOOR, body(receipt(client_message_id="m-1")))
        assert statuses() == {"m-1": "pending"}


class TestBadInput:
    @pytest.mark.parametrize(
        "line",
        [
            b"\xff\xfe",
            b'{"type": "message", "message": "\xe4"}',
            b"[" * 1000 + b"]" * 1000,
            b'{"a":' * 1000 + b"1" + b"}" * 1000,
            b'{"type": "message", "message": "' + b"x" * MAX_LINE_BYTES + b'"}',
            b'"text"',
            b"NaN",
            b"\0",
            body(message(cost="NaN")),
            body(message(cost="-1")),
            body(message(created_at="2026-02-13T12:00:00")),
            body(message(created_at="9999-12-31T23:59:59Z")),
            body(message(colour="red")),
        ],
    )
    def test_a_bad_line_is_named_and_the_rest_is_loaded(self, writer: Person, line: bytes) -> None:
        answer = writer.post(DOOR, body(message("m-1"), line, message("m-2")))
        assert told(answer) == (2, 0, [2])
        assert answer.json()["rejected"][0]["error"]

    @pytest.mark.parametrize("sent", [b"", b"\n", b"\r\n \n\t\n"])
    def test_nothing_is_no_fault(self, writer: Person, sent: bytes) -> None:
        assert told(writer.post(DOOR, sent)) == (0, 0, [])

    def test_as_many_lines_as_allowed_are_one_batch(self, writer: Person) -> None:
        blank_or_known = b"\n\n".join([body(receipt(client_message_id="m-1"))] * BATCH_LINES) + b"\n" * 99
        assert told(writer.post(DOOR, blank_or_known)) == (1, BATCH_LINES - 1, [])

    def test_one_line_more_is_too_large_and_nothing_is_loaded(self, writer: Person) -> None:
        answer = writer.post(DOOR, body(message("m-1"), *[b"{}"] * BATCH_LINES))
        assert refused(answer) == (413, "TOO_LARGE")
        assert "nothing was loaded" in answer.json()["description"]
        assert statuses() == {}

    @pytest.mark.parametrize("coding", ["identity", "gzip"])
    def test_a_byte_too_many_is_too_large_and_nothing_is_loaded(self, writer: Person, coding: str) -> None:
        whole = body(message("m-1"), b" " * views.MAX_BODY_BYTES)
        sent = gzip.compress(whole) if coding == "gzip" else whole
        assert refused(writer.post(DOOR, sent, content_encoding=coding)) == (413, "TOO_LARGE")
        assert statuses() == {}

    @pytest.mark.parametrize("kind", ["", "application/json", "text/csv"])
    def test_another_type_is_refused_in_the_dialects_shape(self, writer: Person, kind: str) -> None:
        assert refused(writer.post(DOOR, body(message()), kind)) == (415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize("coding", ["br", "deflate"])
    def test_another_encoding_is_refused_in_the_dialects_shape(self, writer: Person, coding: str) -> None:
        answer = writer.post(DOOR, body(message()), content_encoding=coding)
        assert refused(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")

    def test_a_packed_body_that_is_cut_is_refused_and_nothing_is_loaded(self, writer: Person) -> None:
        packed = gzip.compress(body(*RECORDS))[:-9]
        assert refused(writer.post(DOOR, packed, content_encoding="gzip")) == (400, "INVALID_PARAMS")
        assert statuses() == {}

    def test_another_method_is_told_the_right_one(self, writer: Person) -> None:
        answer = writer.ask("GET", DOOR)
        assert refused(answer) == (405, "METHOD_NOT_ALLOWED")
        assert answer["Allow"] == "POST"

    def test_loads_count_as_requests_of_their_minute(self, writer: Person, settings: Any) -> None:
        settings.RATE_LIMIT = 1
        first, second = (writer.post(DOOR, body(message())) for _ in range(2))
        assert told(first) == (1, 0, [])
        assert refused(second) == (429, "RATE_LIMIT_EXCEEDED")


class TestBackpressure:
    def paused(self, answer: Any) -> None:
        assert refused(answer) == (503, "UNAVAILABLE")
        assert int(answer["Retry-After"]) > 0
        assert statuses() == {}

    def test_an_account_whose_places_are_taken_is_told_to_wait(self, writer: Person, stranger: Person) -> None:
        account = Account.objects.get(name="acme").pk
        held = [load_slots.acquire_slot(account, 0) for _ in range(LOADS.max_running_per_account)]
        for place in held:
            place.__enter__()
        self.paused(writer.post(DOOR, body(message())))
        assert told(person("globex", Scope.WRITE).post(DOOR, b"")) == (0, 0, [])
        held.pop().__exit__(None, None, None)
        assert told(writer.post(DOOR, body(message()))) == (1, 0, [])
        for place in held:
            place.__exit__(None, None, None)

    def test_no_account_gets_more_than_all_places(self, writer: Person) -> None:
        held = [load_slots.acquire_slot(-number, 0) for number in range(1, LOADS.max_running + 1)]
        for place in held:
            place.__enter__()
        self.paused(writer.post(DOOR, body(message())))
        for place in held:
            place.__exit__(None, None, None)

    def test_a_place_is_given_back_whatever_happens(self, writer: Person) -> None:
        for _ in range(LOADS.max_running + 1):
            assert writer.post(DOOR, b"", content_encoding="gzip").status_code == 400
        assert told(writer.post(DOOR, body(message()))) == (1, 0, [])

    def test_a_lock_that_somebody_else_holds_is_waited_for_only_so_long(
        self, writer: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(backpressure.LOAD_SETTINGS, "lock_timeout", "50ms")
        account = Account.objects.get(name="acme").pk
        with connection.copy().cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_NAMESPACE, account])
            self.paused(writer.post(DOOR, body(message())))
            cursor.execute("SELECT pg_advisory_unlock_all()")
            assert told(writer.post(DOOR, body(message()))) == (1, 0, [])
            cursor.db.close()

    @pytest.mark.django_db(transaction=True)
    def test_a_statement_that_takes_too_long_is_given_up(self, writer: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(backpressure.LOAD_SETTINGS, "statement_timeout", "25ms")
        self.paused(writer.post(DOOR, body(*(message(f"m-{number}") for number in range(5000)))))

    def test_the_bounds_end_with_the_load(self, writer: Person) -> None:
        writer.post(DOOR, body(message()))
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            assert cursor.fetchone() == ("0", "0")
