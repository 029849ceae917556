"""Files with any content: each line becomes a record or is reported."""

import io
import json
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from smsreports.accounts.models import Account
from smsreports.ingest.parsing import build_staging_row
from smsreports.ingest.providers import PROVIDER_NAMES, ImportRun, get_provider
from smsreports.records.field_parsers import InvalidRecord
from tests.ingest.providers.conftest import build_csv
from tests.ingest.providers.rows import export_row, twilio_row, vonage_row

ROWS = {"smsreports": export_row(), "twilio": twilio_row(), "vonage": vonage_row()}
ANY_VALUE = st.one_of(
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


def count_reported_lines(name: str, account: Account, content: bytes) -> int:
    """Return the number of lines that became records, were rejected or were skipped."""
    lines, run = set(), ImportRun(account)
    for number, parsed in get_provider(name).read_records(io.BytesIO(content), run):
        lines.add(number)
        if not isinstance(parsed, InvalidRecord):
            assert parsed["account"] == account.name
            try:
                build_staging_row(parsed)
            except InvalidRecord:
                continue
    return len(lines) + run.notes.skipped


@hypothesis.settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@pytest.mark.parametrize("name", PROVIDER_NAMES)
@given(data=st.data())
def test_every_row_becomes_a_record_or_an_error(account: Account, name: str, data: st.DataObject) -> None:
    changes = st.dictionaries(st.sampled_from(sorted(ROWS[name])), ANY_VALUE, max_size=4)
    rows: list[dict[str, Any]] = [
        ROWS[name] | change for change in data.draw(st.lists(changes, min_size=1, max_size=4))
    ]
    assert count_reported_lines(name, account, "".join(f"{json.dumps(row)}\n" for row in rows).encode()) == len(rows)
    assert count_reported_lines(name, account, build_csv(rows)) == len(rows)


@hypothesis.settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)
@pytest.mark.parametrize("name", PROVIDER_NAMES)
@given(content=st.one_of(st.binary(max_size=200), st.text(st.sampled_from(',"\n\r={[1'), max_size=40).map(str.encode)))
def test_any_file_content_is_read_without_a_crash(account: Account, name: str, content: bytes) -> None:
    count_reported_lines(name, account, content)
    count_reported_lines(name, account, build_csv([ROWS[name]]) + content)
    count_reported_lines(name, account, b'{"messages": [' + content)
