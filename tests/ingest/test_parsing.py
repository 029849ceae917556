"""Parsing of records into staging rows: keys, defaults and errors."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smsreports.ingest.loaders import get_loader_set
from smsreports.ingest.parsing import COMMON_KEYS, build_staging_row, parse_line
from smsreports.records.field_parsers import COPY_NULL, InvalidRecord
from smsreports.records.field_types import MAX_LINE_BYTES
from smsreports.sms.statuses import FINAL, NAMES
from tests.ingest.conftest import NOON, Record, action, broadcast, click, message, receipt, send

RECORD_KINDS = get_loader_set().kinds
LATER = "2026-02-13T12:00:05Z"
MINIMAL: dict[str, Record] = {
    "message": message(),
    "broadcast": broadcast(),
    "send": send(),
    "receipt": receipt(client_message_id="m-1"),
    "click": click(),
    "action": action(),
}
# Records of each kind with a value for each key.
FULL: dict[str, Record] = {
    "message": message(
        request_id="r-77", message_id="c-1", country="CA", status="DELIVRD", status_code="000", segments=2,
        cost="0.0085", contact_group_id="g-1", sent_at=NOON, delivered_at=LATER,
    ),
    "broadcast": broadcast(contact_group_id="g-1"),
    "send": send(
        country="JE", sender_id="Own", message="own text", status="EXPIRED", status_code="001", segments=3, cost=0.5,
        delivered_at=LATER, clicked_at=LATER, action_type="registration", action_at=LATER,
    ),
    "receipt": receipt(message_id="c-1", status_code="000"),
    "click": click(),
    "action": action(),
}  # fmt: skip
REQUIRED = [
    (kind, key)
    for kind, keys in {
        "message": ("client_message_id", "recipient", "sender_id", "message", "created_at"),
        "broadcast": ("broadcast", "name", "message", "sender_id", "created_at"),
        "send": ("broadcast", "message_id", "recipient", "sent_at"),
        "receipt": ("status", "at"),
        "click": ("message_id", "at"),
        "action": ("message_id", "action_type", "at"),
    }.items()
    for key in keys
]
# Keys that depend on others: the two of an action, and a time that needs a final status.
DEPENDENT_KEYS = ("action_type", "action_at", "delivered_at")
EVERY_KEY = [(kind, key) for kind, record in FULL.items() for key in record if key not in COMMON_KEYS]


def build_row(record: Record) -> dict[str, str]:
    """Return the staged values by column."""
    table, values = build_staging_row(record)
    return dict(zip(get_loader_set().stages[table].columns, values.split("\t"), strict=True))


def get_error(record: Record) -> str:
    with pytest.raises(InvalidRecord) as error:
        build_staging_row(record)
    return str(error.value)


@pytest.mark.parametrize("kind", RECORD_KINDS)
def test_a_record_of_each_kind_fills_its_table(kind: str) -> None:
    for record in (MINIMAL[kind], FULL[kind]):
        assert set(build_row(record)) == set(RECORD_KINDS[kind].stage.columns)


def test_the_examples_contain_all_known_keys() -> None:
    for name, kind in RECORD_KINDS.items():
        other_reference = {"client_message_id"} if name == "receipt" else set()
        assert set(kind.fields) | COMMON_KEYS == set(FULL[name]) | other_reference


@pytest.mark.parametrize(("kind", "key"), REQUIRED)
def test_a_missing_required_key_is_named_in_the_error(kind: str, key: str) -> None:
    left_out = {name: value for name, value in MINIMAL[kind].items() if name != key}
    assert get_error(left_out) == get_error(MINIMAL[kind] | {key: None}) == f"{key}: is missing"


@pytest.mark.parametrize(("kind", "key"), [pair for pair in EVERY_KEY if pair not in REQUIRED and pair[0] != "receipt"])
def test_an_optional_key_may_be_null(kind: str, key: str) -> None:
    without = {name: value for name, value in FULL[kind].items() if name not in (key, *DEPENDENT_KEYS)}
    assert build_staging_row(without) == build_staging_row(without | {key: None})


@pytest.mark.parametrize("value", [[], {}, True, -1, "a\0b", "x" * 20_000], ids=repr)
@pytest.mark.parametrize(("kind", "key"), EVERY_KEY)
def test_an_invalid_value_is_rejected_with_its_key(kind: str, key: str, value: Any) -> None:
    assert get_error(FULL[kind] | {key: value}).startswith(f"{key}: must ")


@pytest.mark.parametrize("kind", RECORD_KINDS)
def test_all_unknown_keys_are_named_in_the_error(kind: str) -> None:
    record = MINIMAL[kind] | {"zone": "x", "Status": None, "": 1}
    assert get_error(record) == f", Status, zone: unknown in a record of type {kind}"


@pytest.mark.parametrize("kind", [None, "", "sms", "Message", 1, True, [], {}, ["message"]])
def test_an_unknown_type_is_rejected(kind: Any) -> None:
    assert get_error(message(type=kind)) == "type: must be one of message, broadcast, send, receipt, click, action"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"nonsense", "is not JSON: "),
        (b"{", "is not JSON: "),
        (b"{} {}", "is not JSON: "),
        (b'{"a": 1,}', "is not JSON: "),
        (b'{"cost": NaN}', "is not JSON: "),
        (b'{"cost": 1e999}', "is not JSON: "),
        (b'{"message": "\xff"}', "is not JSON: "),
        (b'{"message": "\\ud800"}', "is not JSON: "),
        ('{"message": "x"}'.encode("utf-16"), "is not JSON: "),
        (b"\xef\xbb\xbf{}", "is not JSON: "),
        (b"[" * 2000 + b"]" * 2000, "is not JSON: "),
        (b"[]", "is not a JSON object"),
        (b"1", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b'"{}"', "is not a JSON object"),
        (b'{"a": "' + b"x" * MAX_LINE_BYTES + b'"}', "is longer than 16384 bytes"),
    ],
)
def test_a_line_that_is_not_a_json_object_is_rejected(line: bytes, reason: str) -> None:
    with pytest.raises(InvalidRecord, match=f"^{reason}"):
        parse_line(line)


@pytest.mark.parametrize("key", ["message", "segments", "type", "strange"])
def test_a_value_nested_a_thousand_levels_deep_is_rejected(key: str) -> None:
    deep = b"[" * 1000 + b"]" * 1000
    line = json.dumps(message(**{key: "HERE"})).encode().replace(b'"HERE"', deep)
    assert get_error(parse_line(line)).startswith(key)


def test_a_line_of_16_kib_is_accepted() -> None:
    empty = len(orjson.dumps(message(message="")))
    record = message(message="x" * (MAX_LINE_BYTES - empty))
    assert parse_line(orjson.dumps(record)) == record
    assert build_row(record)["text"] == record["message"]


def test_absent_keys_of_a_message_get_defaults() -> None:
    record = build_row(message())
    assert (record["request_key"], record["country"], record["segments"]) == ("m-1", "US", "1")
    assert (record["status"], record["status_code"], record["cost"]) == ("pending", "", "0")
    for column in ("message_id", "contact_group_id", "sent_at", "delivered_at"):
        assert record[column] == COPY_NULL


def test_a_send_leaves_absent_keys_to_its_broadcast() -> None:
    record = build_row(send())
    assert (record["sender_id"], record["text"], record["segments"]) == (COPY_NULL, COPY_NULL, COPY_NULL)
    assert (record["status"], record["country"], record["cost"]) == ("pending", "GB", "0")


def test_segments_are_counted_unless_they_are_given() -> None:
    long = "я" * 71
    assert build_row(message(message=long))["segments"] == "2"
    assert build_row(message(message=long, segments=5))["segments"] == "5"
    assert build_row(send(message=long))["segments"] == "2"
    assert build_row(send(segments=5))["segments"] == "5"
    assert build_row(broadcast(message=long))["segments"] == "2"


def test_an_empty_text_is_one_segment() -> None:
    assert [build_row(build_record(message=""))["segments"] for build_record in (message, broadcast, send)] == [
        "1",
        "1",
        "1",
    ]


def test_a_given_country_is_not_derived_from_the_number() -> None:
    assert build_row(message(country="CA"))["country"] == "CA"


@pytest.mark.parametrize("recipient", ["22122", "4155551234", "+0123456", "+870773111632"])
def test_a_number_of_no_country_has_a_null_country(recipient: str) -> None:
    assert build_row(message(recipient=recipient))["country"] == COPY_NULL


@pytest.mark.parametrize(
    ("record", "at"),
    [
        (message(), NOON),
        (message(sent_at=LATER), LATER),
        (message(status="DELIVRD", sent_at=NOON, delivered_at=LATER), LATER),
        (send(), NOON),
        (send(status="failed", delivered_at=LATER), LATER),
    ],
)
def test_the_status_time_is_the_last_time_of_the_record(record: Record, at: str) -> None:
    assert build_row(record)["status_at"] == at


@pytest.mark.parametrize("build_record", [message, send])
@pytest.mark.parametrize("status", NAMES)
def test_only_a_final_status_may_have_delivered_at(build_record: Any, status: str) -> None:
    record = build_record(status=status, delivered_at=LATER)
    if status in FINAL:
        assert build_row(record)["delivered_at"] == LATER
    else:
        assert get_error(record) == f"delivered_at: is given, but status {status} is not final"


@pytest.mark.parametrize("key", ["action_type", "action_at"])
def test_an_action_has_a_type_and_a_time(key: str) -> None:
    assert get_error(send(**{key: NOON})) == "action_type and action_at: must be given together"


@pytest.mark.parametrize("ids", [{}, {"client_message_id": "m-1", "message_id": "c-1"}])
def test_a_receipt_has_exactly_one_reference(ids: Record) -> None:
    assert get_error(receipt(**ids)) == "client_message_id, message_id: exactly one must be given"


def test_special_characters_of_the_copy_format_are_escaped() -> None:
    assert build_row(message(key="\\N", request_id="a\tb"))["client_message_id"] == "\\\\N"
    assert build_staging_row(message(request_id="\\N"))[1].count("\t") == build_staging_row(
        message(request_id="a\tb\nc\r")
    )[1].count("\t")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=2,
)
KEYS = st.sampled_from(sorted({key for kind in RECORD_KINDS.values() for key in kind.fields} | {"account", "x"}))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(KEYS, JSON), st.sampled_from(sorted(FULL)) | JSON)
@example({}, None)
def test_any_record_is_accepted_or_rejected(changes: Record, kind: Any) -> None:
    base = FULL.get(kind, {}) if isinstance(kind, str) else {}
    try:
        _, values = build_staging_row(base | changes | {"type": kind})
    except InvalidRecord as error:
        assert str(error)
    else:
        assert "\n" not in values
