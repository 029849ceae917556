"""Parsing of a line of NDJSON into a row of a staging table."""

import orjson

from smsreports.ingest.loaders import get_loader_set
from smsreports.records.field_parsers import InvalidRecord
from smsreports.records.field_types import MAX_LINE_BYTES
from smsreports.records.record_kinds import Record

# A line of NDJSON, or what a provider's importer made of a row: a record or an error.
LineContent = bytes | Record | InvalidRecord
# Keys that a record of any kind may hold.
COMMON_KEYS = frozenset(("type", "account"))


def read_record(content: LineContent) -> Record:
    """Return the record of a line. Raises InvalidRecord."""
    if isinstance(content, bytes):
        return parse_line(content)
    if isinstance(content, InvalidRecord):
        raise content
    return content


def parse_line(line: bytes) -> dict[str, object]:
    """Return the JSON object of one line. Raises InvalidRecord."""
    if len(line) > MAX_LINE_BYTES:
        raise InvalidRecord(f"is longer than {MAX_LINE_BYTES} bytes")
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(f"is not JSON: {error.msg}") from None
    if not isinstance(record, dict):
        raise InvalidRecord("is not a JSON object")
    return record


def build_staging_row(record: Record, default_country: str = "") -> tuple[str, str]:
    """Return the record's staging table and its row in COPY's text format, without line and account.

    `default_country` is that of the account, for numbers without a calling code. Raises InvalidRecord.
    """
    kinds = get_loader_set().kinds
    name = record.get("type")
    if not isinstance(name, str) or name not in kinds:
        raise InvalidRecord(f"type: must be one of {', '.join(kinds)}")
    kind = kinds[name]
    if unknown := record.keys() - kind.fields.keys() - COMMON_KEYS:
        raise InvalidRecord(f"{', '.join(sorted(unknown))}: unknown in a record of type {name}")
    return kind.stage.name, kind.build_row(record, default_country)
