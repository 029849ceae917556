"""Hooks for schemathesis: rules between parameters, cursors, and NDJSON bodies."""

import json
import os
from typing import Any

import schemathesis
from hypothesis import strategies as st

# `%3A` stands for the colons of a signed value, as in the URL of the cursor.
CURSORS = [cursor.replace("%3A", ":") for cursor in os.environ["FUZZ_CURSORS"].split()]
schemathesis.openapi.format("cursor", st.sampled_from(CURSORS))

TIMES = st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='seconds')}Z")
LINES = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["message", "receipt"]),
            "client_message_id": st.text(max_size=130),
            "recipient": st.from_regex(r"\A\+[0-9]{5,15}\Z"),
            "sender_id": st.text(max_size=33),
            "message": st.text(),
            "status": st.sampled_from(["DELIVRD", "sent", "EXPIRED", "odd"]),
            "created_at": TIMES,
        },
        optional={"cost": st.floats() | st.text(), "segments": st.integers(), "account": st.none() | st.text()},
    ).map(json.dumps),
    st.fixed_dictionaries(
        {
            "type": st.just("receipt"),
            "client_message_id": st.text(min_size=1, max_size=128),
            "status": st.sampled_from(["DELIVRD", "sent", "EXPIRED"]),
            "at": TIMES,
        }
    ).map(json.dumps),
    st.text(),
)
RECORDS = st.lists(LINES, min_size=1, max_size=20).map("\n".join)


@schemathesis.serializer("application/x-ndjson")
def serialize_ndjson(context: Any, value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode(errors="replace")


@schemathesis.hook
def before_generate_body(context: Any, strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Generate records for most bodies of the ingest endpoint, whose schema is plain text."""
    return strategy | RECORDS if context.operation.path.endswith("/ingest") else strategy


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Apply the rules that the document has only as text.

    A value that is invalid by itself stays, and schemathesis expects the server to refuse it.
    """
    query = dict(case.query or {})
    if case.path.startswith("/api/sms/"):  # an empty parameter is read as absent there
        query = {name: value for name, value in query.items() if value not in ("", [""])}
    if "page" in query:
        query.pop("cursor", None)
    if "from" in query or "to" in query:
        query.pop("period", None)
    days = [query[name] for name in ("from", "to") if name in query]
    if len(days) == 2 and all(isinstance(day, str) for day in days):
        query |= {"from": min(days), "to": max(days)}
    if days and case.path.endswith("/daily"):
        query |= {"from": days[0], "to": days[0]}
    if query != case.query:
        case.query = query
