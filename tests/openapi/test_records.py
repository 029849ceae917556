"""Records are parsed as the document describes them."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.ingest.loaders import get_loader_set
from smsreports.ingest.parsing import build_staging_row
from smsreports.records.field_parsers import InvalidRecord
from tests.openapi.schema_validation import Description

RECORD_KINDS = get_loader_set().kinds
NOON = "2026-02-13T12:00:00Z"
# For every field, values that it accepts and values that it rejects.
TEXTS = (None, "", "x", "x" * 33, "x" * 129, "a\0b", "US", "us", "DELIVRD", "sent", "delivered")
PHONES = (
    "+14155551234",
    "12345",
    "+1 415",
    "1" * 16,
    "00" + "1" * 15,
    "0041 (44) 668-18.00",
    "4.48E+11",
    "+1x",
    "M & S",
)
NUMBERS: tuple[Any, ...] = (0, 1, 3, 32767, 32768, -1, 0.0085, 1000000, "0.0085", "1.1234567", "-1", True, [], {})
TIMES = (NOON, "2026-02-13T12:00:00+02:00", "2026-02-13T12:00:00", "2026-02-13", 1770984000)
VALUES = st.sampled_from([*TEXTS, *PHONES, *NUMBERS, *TIMES])
VALID_VALUES = {
    "client_message_id": "m-1",
    "message_id": "c-1",
    "broadcast": "promo",
    "name": "Promo",
    "recipient": "+14155551234",
    "sender_id": "MyApp",
    "message": "Hello",
    "status": "DELIVRD",
    "action_type": "registration",
}


def build_valid_record(kind: str) -> dict[str, Any]:
    """Return a valid record of this kind."""
    needed = {name for name, field in RECORD_KINDS[kind].fields.items() if field.default is None}
    both = {"client_message_id"} if kind == "receipt" else set()
    return {"type": kind, **{name: VALID_VALUES.get(name, NOON) for name in sorted(needed | both)}}


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Generate records with a few odd, missing or unknown fields."""
    kind = draw(st.sampled_from(sorted(RECORD_KINDS)))
    changes = draw(st.dictionaries(st.sampled_from([*RECORD_KINDS[kind].fields, "strange"]), VALUES, max_size=3))
    omitted = draw(st.sets(st.sampled_from(sorted(RECORD_KINDS[kind].fields)), max_size=1))
    return {
        name: value
        for name, value in (build_valid_record(kind) | changes).items()
        if name not in omitted - set(changes)
    }


def is_accepted(record: dict[str, Any]) -> bool:
    try:
        build_staging_row(record)
    except InvalidRecord:
        return False
    return True


def test_a_record_is_accepted_if_and_only_if_its_schema_allows_it(description: Description) -> None:
    validator = description.build_validator({"$ref": "#/components/schemas/TrafficRecord"})

    @given(records())
    @example(build_valid_record("message") | {"delivered_at": NOON, "status": "sent"})
    @example(build_valid_record("send") | {"delivered_at": NOON})
    @example(build_valid_record("send") | {"action_type": "registration"})
    @example(build_valid_record("send") | {"action_type": "registration", "action_at": NOON})
    @example(build_valid_record("send") | {"action_type": None, "action_at": None})
    @example(build_valid_record("receipt") | {"message_id": "c-1"})
    @example(build_valid_record("receipt") | {"message_id": None})
    def check(record: dict[str, Any]) -> None:
        assert validator.is_valid(record) == is_accepted(record)

    check()


def test_a_plain_record_of_every_kind_is_accepted_and_valid(description: Description) -> None:
    for kind in RECORD_KINDS:
        assert is_accepted(build_valid_record(kind))
        assert description.is_valid({"$ref": "#/components/schemas/TrafficRecord"}, build_valid_record(kind)), kind


def test_the_example_is_a_valid_record(description: Description) -> None:
    content = description.operation("POST", "/api/v1/ingest")["requestBody"]["content"]["application/x-ndjson"]
    record = json.loads(content["example"])
    assert is_accepted(record)
    assert description.is_valid(content["schema"]["contentSchema"], record)
