"""Whether a file, its receipt and what was sent are one story."""

import csv
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.export.conftest import table
from tests.faults.downloads import End, File
from tests.faults.history import History, wrong_ids


def wrong_end(file: File, receipt: Mapping[str, Any]) -> Iterator[str]:
    """A broken file that looks whole, or a whole one that looks broken."""
    match file.end, receipt["state"]:
        case End.CLEAN, "finished":
            yield from _differences(file, receipt)
        case End.CLEAN, state:
            yield f"it looks whole, and its receipt says {state}"
        case End.HUNG, state:
            yield f"no byte came, and no end; its receipt says {state}"
        case _, "finished" if receipt["rows"] != file.total:
            yield f"its receipt says finished, of {receipt['rows']} rows out of {file.total}"
        case _, "finished" if len(file.content) >= receipt["bytes"] and file.sha256 != receipt["sha256"]:
            yield "as many bytes as its receipt says, and others"
        case _, "running":
            yield "its receipt says that it runs, long after it has ended"


def is_lost_end(file: File, receipt: Mapping[str, Any]) -> bool:
    """The one case that ADR 20 leaves: all was sent, and the client saw a break; the SHA-256 says what it has."""
    return file.end is End.BROKEN and bool(receipt["state"] == "finished")


def wrong_content(file: File, form: str, source: str, histories: Mapping[History, int]) -> Iterator[str]:
    """Of a file that looks whole."""
    try:
        ids = [_id(row) for row in rows(file.content, form)]
    except (ValueError, KeyError, csv.Error) as fault:
        yield f"it cannot be read: {fault!r}"
    else:
        yield from wrong_ids(ids, histories, source)


def rows(content: bytes, form: str) -> list[Mapping[str, Any]]:
    if form == "ndjson":
        return [json.loads(line) for line in content.splitlines()]
    return [*table(content)]


def _id(row: Mapping[str, Any]) -> str:
    return str(row["client_message_id"] or row["message_id"])


def _differences(file: File, receipt: Mapping[str, Any]) -> Iterator[str]:
    told = (receipt["bytes"], receipt["sha256"], receipt["rows"], receipt["truncated"])
    true = (len(file.content), file.sha256, file.total, False)
    if told != true:
        yield f"it is whole, and its receipt says {told} instead of {true}"
    if not file.is_complete:
        yield "it looks whole, and its gzip is cut"
