"""The records of a JSON answer, which is read whole."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from smsreports.ingest.field_parsers import InvalidRecord

# Far above a page of any provider; as Python's objects it takes about six times as much.
MAX_DOCUMENT_BYTES = 16 * 2**20


def read_objects(file: BinaryIO, envelope: str) -> Iterator[tuple[int, dict[str, Any] | InvalidRecord]]:
    """The objects of the list that stands under the key `envelope`, or is all there is, numbered from 1."""
    try:
        items = _parse_list(file.read(MAX_DOCUMENT_BYTES + 1), envelope)
    except InvalidRecord as error:
        yield 1, error
        return
    for number, item in enumerate(items, start=1):
        yield number, item if isinstance(item, dict) else InvalidRecord("is not a JSON object")


def _parse_list(content: bytes, envelope: str) -> list[Any]:
    if len(content) > MAX_DOCUMENT_BYTES:
        raise InvalidRecord(
            f"is a JSON document of more than {MAX_DOCUMENT_BYTES} bytes; files with one record per line have no "
            "such limit"
        )
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(f"is not JSON: {error.msg}") from None
    items = answer.get(envelope) if isinstance(answer, dict) else answer
    if not isinstance(items, list):
        raise InvalidRecord(f"contains no list named {envelope}")
    return items
