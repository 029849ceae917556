"""Reader for JSON documents, which are read whole."""

from collections.abc import Iterator
from typing import BinaryIO

import orjson

from smsreports.records.field_parsers import InvalidRecord

# Far above a page of any provider. Parsed, it takes about six times as much memory.
MAX_DOCUMENT_BYTES = 16 * 2**20


def read_objects(file: BinaryIO, envelope: str) -> Iterator[tuple[int, dict[str, object] | InvalidRecord]]:
    """Yield the objects of the list under the key `envelope`, or of a top-level list, numbered from 1."""
    try:
        items = _parse_list(file.read(MAX_DOCUMENT_BYTES + 1), envelope)
    except InvalidRecord as error:
        yield 1, error
        return
    for number, item in enumerate(items, start=1):
        yield number, item if isinstance(item, dict) else InvalidRecord("is not a JSON object")


def _parse_list(content: bytes, envelope: str) -> list[object]:
    if len(content) > MAX_DOCUMENT_BYTES:
        raise InvalidRecord(
            f"is a JSON document of more than {MAX_DOCUMENT_BYTES} bytes; files with one record per line have no "
            "such limit"
        )
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(f"is not JSON: {error.msg}") from None
    items = document.get(envelope) if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise InvalidRecord(f"contains no list named {envelope}")
    return items
