"""The published shape of a record is how a record is read."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.ingest.field_parsers import InvalidRecord
from smsreports.ingest.records import RECORD_KINDS, build_staging_row
from tests.openapi.held import Description

NOON = "2026-02-13T12:00:00Z"
# Of every field, values that it takes and values that it refuses.
TEXTS = (None, "", "x", "x" * 33, "x" * 129, "a\0b", "US", "us", "DELIVRD", "sent", "delivered")
PHONES = ("+14155551234", "12345", "+1 415", "1" * 16)
NUMBERS: tuple[Any, ...] = (0, 1, 3, 32767, 32768, -1, 0.0085, 1000000, "0.0085", "1.1234567", "-1", True, [], {})
TIMES = (NOON, "2026-02-13T12:00:00+02:00", "2026-02-13T12:00:00", "2026-02-13", 1770984000)
VALUES = st.sampled_from([*TEXTS, *PHONES, *NUMBERS, *TIMES])
GOOD = {
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


def good(kind: str) -> dict[str, Any]:
    """A record of this kind that is taken."""
    needed = {name for name, field in RECORD_KINDS[kind][0].items() if field.default is None}
    both = {"client_message_id"} if kind == "receipt" else set()
    return {"type": kind, **{name: GOOD.get(name, NOON) for name in sorted(needed | both)}}


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Records with a few odd or missing or strange keys."""
    kind = draw(st.sampled_from(sorted(RECORD_KINDS)))
    changes = draw(st.dictionaries(st.sampled_from([*RECORD_KINDS[kind][0], "strange"]), VALUES, max_size=3))
    left_out = draw(st.sets(st.sampled_from(sorted(RECORD_KINDS[kind][0])), max_size=1))
    return {name: value for name, value in (good(kind) | changes).items() if name not in left_out - set(changes)}


def is_taken(record: dict[str, Any]) -> bool:
    try:
        build_staging_row(record)
    except InvalidRecord:
        return False
    return True


def test_a_record_is_taken_if_and_only_if_the_description_allows_it(description: Description) -> None:
    shape = description.validator({"$ref": "#/components/schemas/TrafficRecord"})

    @given(records())
    @example(good("message") | {"delivered_at": NOON, "status": "sent"})
    @example(good("send") | {"delivered_at": NOON})
    @example(good("send") | {"action_type": "registration"})
    @example(good("send") | {"action_type": "registration", "action_at": NOON})
    @example(good("send") | {"action_type": None, "action_at": None})
    @example(good("receipt") | {"message_id": "c-1"})
    @example(good("receipt") | {"message_id": None})
    def check(record: dict[str, Any]) -> None:
        assert shape.is_valid(record) == is_taken(record)

    check()


def test_a_plain_record_of_every_kind_is_taken_and_described(description: Description) -> None:
    for kind in RECORD_KINDS:
        assert is_taken(good(kind))
        assert description.fits({"$ref": "#/components/schemas/TrafficRecord"}, good(kind)), kind


def test_the_example_is_a_record(description: Description) -> None:
    content = description.operation("POST", "/api/v1/ingest")["requestBody"]["content"]["application/x-ndjson"]
    record = json.loads(content["example"])
    assert is_taken(record)
    assert description.fits(content["schema"]["contentSchema"], record)
