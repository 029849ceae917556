"""The records of a JSON answer, which is read whole."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from smsreports.ingest.fields import Refused

# Far above a page of any provider; as Python's objects it takes about six times as much.
LARGEST = 16 * 2**20


def records(file: BinaryIO, envelope: str) -> Iterator[tuple[int, dict[str, Any] | Refused]]:
    """The objects of the list that stands under the key `envelope`, or is all there is, numbered from 1."""
    try:
        found = _listed(file.read(LARGEST + 1), envelope)
    except Refused as fault:
        yield 1, fault
        return
    for number, item in enumerate(found, start=1):
        yield number, item if isinstance(item, dict) else Refused("is not a JSON object")


def _listed(content: bytes, envelope: str) -> list[Any]:
    if len(content) > LARGEST:
        raise Refused(
            f"is a JSON document of more than {LARGEST} bytes; files with one record per line have no such limit"
        )
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError as fault:
        raise Refused(f"is not JSON: {fault.msg}") from None
    found = answer.get(envelope) if isinstance(answer, dict) else answer
    if not isinstance(found, list):
        raise Refused(f"contains no list named {envelope}")
    return found
