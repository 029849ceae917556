"""The ingest endpoint: responses, errors, rows, accounts and limits."""

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
from smsreports.ingest.staging import prepare_tables
from smsreports.records.field_types import MAX_LINE_BYTES
from tests.conftest import ApiClient, create_api_client
from tests.ingest.conftest import Record, broadcast, click, dump_tables, message, receipt, send

INGEST_PATH = "/api/v1/ingest"
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


def encode_body(*records: Record | bytes) -> bytes:
    return b"\n".join(record if isinstance(record, bytes) else json.dumps(record).encode() for record in records)


def get_result(response: Any) -> tuple[int, int, list[int]]:
    """Return the numbers of accepted and duplicate lines, and the numbers of rejected lines."""
    assert response.status_code == 200, response.body
    data = response.json()
    assert list(data) == ["status", "accepted", "duplicates", "rejected"]
    assert data["status"] is True
    return data["accepted"], data["duplicates"], [rejected["line"] for rejected in data["rejected"]]


def get_error(response: Any) -> tuple[int, str]:
    data = response.json()
    assert list(data) == ["status", "error_code", "description"]
    return response.status_code, data["error_code"]


def without_account(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "account"}


def get_statuses() -> dict[str, str]:
    return dict(Message.unscoped.values_list("client_message_id", "status"))


def test_the_response_reports_the_result_of_each_line(writer: ApiClient) -> None:
    response = writer.post(
        INGEST_PATH, encode_body(message("m-1"), b"", b"no JSON", message("m-1"), receipt(client_message_id="m-1"))
    )
    assert response.json() == {
        "status": True,
        "accepted": 2,
        "duplicates": 1,
        "rejected": [{"line": 3, "error": "is not JSON: invalid literal, expected 'null'"}],
    }
    assert get_statuses() == {"m-1": "DELIVRD"}


def test_the_same_body_again_changes_nothing(writer: ApiClient) -> None:
    assert get_result(writer.post(INGEST_PATH, encode_body(*RECORDS))) == (len(RECORDS), 0, [])
    before = dump_tables()
    assert get_result(writer.post(INGEST_PATH, encode_body(*RECORDS))) == (0, len(RECORDS), [])
    assert dump_tables() == before


def test_a_gzip_body_is_loaded(writer: ApiClient) -> None:
    compressed = gzip.compress(encode_body(*RECORDS))
    assert get_result(writer.post(INGEST_PATH, compressed, content_encoding="gzip")) == (len(RECORDS), 0, [])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_in_any_requests_ends_in_the_same_tables(writer: ApiClient, data: st.DataObject) -> None:
    order = data.draw(st.permutations(RECORDS + data.draw(st.lists(st.sampled_from(RECORDS), max_size=6))))
    size = data.draw(st.integers(1, len(order)))
    requests = [order[start : start + size] for start in range(0, len(order), size)]
    assert post_and_read_tables(writer, requests) == post_and_read_tables(writer, [RECORDS])


def post_and_read_tables(client: ApiClient, requests: list[list[Record]]) -> list[Any]:
    """Return the rows after these requests, without ids and times of arrival, and roll them back."""
    with transaction.atomic(), connection.cursor() as cursor:
        prepare_tables(cursor)
        with transaction.atomic():
            for records in requests:
                assert get_result(client.post(INGEST_PATH, encode_body(*records)))[2] == []
            tables = [sorted(map(repr, rows)) for rows in select_rows()]
            transaction.set_rollback(True)
    return tables


def select_rows() -> Iterator[Iterable[Any]]:
    yield Message.unscoped.values_list("client_message_id", "status", "sent_at", "delivered_at", "heads_request")
    yield BroadcastSend.unscoped.values_list("message_id", "status", "delivered_at", "clicked_at", "click_count")
    yield Event.unscoped.values_list("kind", "reference", "status", "at", "waits")


class TestAccount:
    def test_a_record_without_an_account_belongs_to_the_keys_account(self, writer: ApiClient) -> None:
        assert get_result(
            writer.post(INGEST_PATH, encode_body(without_account(message()), {**message("m-2"), "account": None}))
        ) == (
            2,
            0,
            [],
        )
        assert set(Message.unscoped.values_list("account__name", flat=True)) == {"acme"}

    @pytest.mark.parametrize("name", ["globex", "nobody", "", "ACME", 7, ["acme"], {}])
    def test_another_account_is_rejected_whether_it_exists_or_not(self, writer: ApiClient, name: Any) -> None:
        Account.objects.create(name="globex")
        response = writer.post(INGEST_PATH, encode_body(message("m-1"), message("m-2", account=name)))
        assert get_result(response) == (1, 0, [2])
        assert response.json()["rejected"][0]["error"] == "account: must be the key's own, or left out"

    def test_a_receipt_does_not_change_a_message_of_another_account(self, writer: ApiClient, db: None) -> None:
        other = create_api_client("globex", Scope.WRITE)
        other.post(INGEST_PATH, encode_body(without_account(message("m-1"))))
        writer.post(INGEST_PATH, encode_body(receipt(client_message_id="m-1")))
        assert get_statuses() == {"m-1": "pending"}


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
            encode_body(message(cost="NaN")),
            encode_body(message(cost="-1")),
            encode_body(message(created_at="2026-02-13T12:00:00")),
            encode_body(message(created_at="9999-12-31T23:59:59Z")),
            encode_body(message(colour="red")),
        ],
    )
    def test_a_bad_line_is_reported_and_the_others_are_loaded(self, writer: ApiClient, line: bytes) -> None:
        response = writer.post(INGEST_PATH, encode_body(message("m-1"), line, message("m-2")))
        assert get_result(response) == (2, 0, [2])
        assert response.json()["rejected"][0]["error"]

    @pytest.mark.parametrize("content", [b"", b"\n", b"\r\n \n\t\n"])
    def test_an_empty_body_is_accepted(self, writer: ApiClient, content: bytes) -> None:
        assert get_result(writer.post(INGEST_PATH, content)) == (0, 0, [])

    def test_the_maximum_number_of_lines_is_accepted(self, writer: ApiClient) -> None:
        blank_or_known = b"\n\n".join([encode_body(receipt(client_message_id="m-1"))] * BATCH_LINES) + b"\n" * 99
        assert get_result(writer.post(INGEST_PATH, blank_or_known)) == (1, BATCH_LINES - 1, [])

    def test_one_line_too_many_is_rejected_and_nothing_is_loaded(self, writer: ApiClient) -> None:
        response = writer.post(INGEST_PATH, encode_body(message("m-1"), *[b"{}"] * BATCH_LINES))
        assert get_error(response) == (413, "TOO_LARGE")
        assert "nothing was loaded" in response.json()["description"]
        assert get_statuses() == {}

    @pytest.mark.parametrize("coding", ["identity", "gzip"])
    def test_a_body_over_the_size_limit_is_rejected_and_nothing_is_loaded(self, writer: ApiClient, coding: str) -> None:
        whole = encode_body(message("m-1"), b" " * views.MAX_BODY_BYTES)
        content = gzip.compress(whole) if coding == "gzip" else whole
        assert get_error(writer.post(INGEST_PATH, content, content_encoding=coding)) == (413, "TOO_LARGE")
        assert get_statuses() == {}

    @pytest.mark.parametrize("media_type", ["", "application/json", "text/csv"])
    def test_another_media_type_gets_an_error_in_the_dialects_format(self, writer: ApiClient, media_type: str) -> None:
        assert get_error(writer.post(INGEST_PATH, encode_body(message()), media_type)) == (
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        )

    @pytest.mark.parametrize("coding", ["br", "deflate"])
    def test_another_encoding_gets_an_error_in_the_dialects_format(self, writer: ApiClient, coding: str) -> None:
        response = writer.post(INGEST_PATH, encode_body(message()), content_encoding=coding)
        assert get_error(response) == (415, "UNSUPPORTED_MEDIA_TYPE")

    def test_a_truncated_gzip_body_is_rejected_and_nothing_is_loaded(self, writer: ApiClient) -> None:
        compressed = gzip.compress(encode_body(*RECORDS))[:-9]
        assert get_error(writer.post(INGEST_PATH, compressed, content_encoding="gzip")) == (400, "INVALID_PARAMS")
        assert get_statuses() == {}

    def test_another_method_gets_405_with_the_allowed_method(self, writer: ApiClient) -> None:
        response = writer.request("GET", INGEST_PATH)
        assert get_error(response) == (405, "METHOD_NOT_ALLOWED")
        assert response["Allow"] == "POST"

    def test_loads_count_towards_the_rate_limit(self, writer: ApiClient, settings: Any) -> None:
        settings.RATE_LIMIT = 1
        first, second = (writer.post(INGEST_PATH, encode_body(message())) for _ in range(2))
        assert get_result(first) == (1, 0, [])
        assert get_error(second) == (429, "RATE_LIMIT_EXCEEDED")


class TestBackpressure:
    def assert_unavailable(self, response: Any) -> None:
        assert get_error(response) == (503, "UNAVAILABLE")
        assert int(response["Retry-After"]) > 0
        assert get_statuses() == {}

    def test_an_account_without_a_free_slot_gets_503(self, writer: ApiClient, stranger: ApiClient) -> None:
        account = Account.objects.get(name="acme").pk
        slots = [load_slots.acquire_slot(account, 0) for _ in range(LOADS.max_running_per_account)]
        for slot in slots:
            slot.__enter__()
        self.assert_unavailable(writer.post(INGEST_PATH, encode_body(message())))
        assert get_result(create_api_client("globex", Scope.WRITE).post(INGEST_PATH, b"")) == (0, 0, [])
        slots.pop().__exit__(None, None, None)
        assert get_result(writer.post(INGEST_PATH, encode_body(message()))) == (1, 0, [])
        for slot in slots:
            slot.__exit__(None, None, None)

    def test_the_total_number_of_slots_is_limited(self, writer: ApiClient) -> None:
        slots = [load_slots.acquire_slot(-number, 0) for number in range(1, LOADS.max_running + 1)]
        for slot in slots:
            slot.__enter__()
        self.assert_unavailable(writer.post(INGEST_PATH, encode_body(message())))
        for slot in slots:
            slot.__exit__(None, None, None)

    def test_a_failed_request_releases_its_slot(self, writer: ApiClient) -> None:
        for _ in range(LOADS.max_running + 1):
            assert writer.post(INGEST_PATH, b"", content_encoding="gzip").status_code == 400
        assert get_result(writer.post(INGEST_PATH, encode_body(message()))) == (1, 0, [])

    def test_waiting_for_a_lock_ends_after_the_lock_timeout(
        self, writer: ApiClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(backpressure.LOAD_SETTINGS, "lock_timeout", "50ms")
        account = Account.objects.get(name="acme").pk
        with connection.copy().cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_NAMESPACE, account])
            self.assert_unavailable(writer.post(INGEST_PATH, encode_body(message())))
            cursor.execute("SELECT pg_advisory_unlock_all()")
            assert get_result(writer.post(INGEST_PATH, encode_body(message()))) == (1, 0, [])
            cursor.db.close()

    @pytest.mark.django_db(transaction=True)
    def test_a_statement_is_cancelled_after_the_statement_timeout(
        self, writer: ApiClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(backpressure.LOAD_SETTINGS, "statement_timeout", "25ms")
        self.assert_unavailable(
            writer.post(INGEST_PATH, encode_body(*(message(f"m-{number}") for number in range(5000))))
        )

    def test_the_timeouts_are_reset_after_the_load(self, writer: ApiClient) -> None:
        writer.post(INGEST_PATH, encode_body(message()))
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            assert cursor.fetchone() == ("0", "0")
