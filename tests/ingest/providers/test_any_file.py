"""Whatever a file holds: every line of it is a record that the loader knows, or is named."""

import io
import json
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from smsreports.accounts.models import Account
from smsreports.ingest.field_parsers import InvalidRecord
from smsreports.ingest.providers import PROVIDER_NAMES, ImportRun, get_provider
from smsreports.ingest.records import build_staging_row
from tests.ingest.providers.conftest import table
from tests.ingest.providers.rows import answer, record, sms

WHOLE = {"smsreports": sms(), "twilio": answer(), "vonage": record()}
ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["inbound", "campaign", "-1", "NaN", "2026-02-13", "Fri, 13 Feb 2026 12:00:00", "+" * 20, "'", "=1"]
    ),
    st.lists(st.none(), max_size=1),
    st.dictionaries(st.text(max_size=1), st.none(), max_size=1),
)


def settled(name: str, account: Account, content: bytes) -> int:
    """How many lines were named or became records."""
    lines, imported = set(), ImportRun(account)
    for number, found in get_provider(name).read_records(io.BytesIO(content), imported):
        lines.add(number)
        if not isinstance(found, InvalidRecord):
            assert found["account"] == account.name
            try:
                build_staging_row(found)
            except InvalidRecord:
                continue
    return len(lines) + imported.notes.skipped


@hypothesis.settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@pytest.mark.parametrize("name", PROVIDER_NAMES)
@given(data=st.data())
def test_every_row_is_taken_or_named(account: Account, name: str, data: st.DataObject) -> None:
    changes = st.dictionaries(st.sampled_from(sorted(WHOLE[name])), ANY, max_size=4)
    rows: list[dict[str, Any]] = [
        WHOLE[name] | change for change in data.draw(st.lists(changes, min_size=1, max_size=4))
    ]
    assert settled(name, account, "".join(f"{json.dumps(row)}\n" for row in rows).encode()) == len(rows)
    assert settled(name, account, table(rows)) == len(rows)


@hypothesis.settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@pytest.mark.parametrize("name", PROVIDER_NAMES)
@given(content=st.one_of(st.binary(max_size=200), st.text(st.sampled_from(',"\n\r={[1'), max_size=40).map(str.encode)))
def test_nothing_in_a_file_stops_its_reader(account: Account, name: str, content: bytes) -> None:
    settled(name, account, content)
    settled(name, account, table([WHOLE[name]]) + content)
    settled(name, account, b'{"messages": [' + content)
