"""Checks of an exported file against its export manifest and against the traffic that was sent."""

import csv
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.export.conftest import table
from tests.faults.downloads import DownloadedFile, Ending
from tests.faults.history import History, find_wrong_ids


def check_ending(file: DownloadedFile, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield errors of a broken file that looks whole, or of a whole one that looks broken."""
    match file.ending, manifest["state"]:
        case Ending.CLEAN, "finished":
            yield from _compare_with_manifest(file, manifest)
        case Ending.CLEAN, state:
            yield f"the file looks whole, and its manifest has the state {state}"
        case Ending.HUNG, state:
            yield f"neither a byte nor an end arrived; the manifest has the state {state}"
        case _, "finished" if manifest["rows"] != file.total:
            yield f"the manifest has the state finished with {manifest['rows']} of {file.total} rows"
        case _, "finished" if len(file.content) >= manifest["bytes"] and file.sha256 != manifest["sha256"]:
            yield "the file has as many bytes as its manifest, but different ones"
        case _, "running":
            yield "the manifest has the state running, long after the export ended"


def is_lost_ending(file: DownloadedFile, manifest: Mapping[str, Any]) -> bool:
    """Return whether everything was sent and the client saw a break: the one case that ADR 20 accepts.

    The SHA-256 of the manifest shows such a client what it has.
    """
    return file.ending is Ending.BROKEN and bool(manifest["state"] == "finished")


def check_content(
    file: DownloadedFile, file_format: str, source: str, histories: Mapping[History, int]
) -> Iterator[str]:
    """Yield errors in the rows of a file that looks whole."""
    try:
        ids = [_read_sms_id(row) for row in parse_rows(file.content, file_format)]
    except (ValueError, KeyError, csv.Error) as error:
        yield f"the file cannot be read: {error!r}"
    else:
        yield from find_wrong_ids(ids, histories, source)


def parse_rows(content: bytes, file_format: str) -> list[Mapping[str, Any]]:
    if file_format == "ndjson":
        return [json.loads(line) for line in content.splitlines()]
    return [*table(content)]


def _read_sms_id(row: Mapping[str, Any]) -> str:
    return str(row["client_message_id"] or row["message_id"])


def _compare_with_manifest(file: DownloadedFile, manifest: Mapping[str, Any]) -> Iterator[str]:
    stated = (manifest["bytes"], manifest["sha256"], manifest["rows"], manifest["truncated"])
    actual = (len(file.content), file.sha256, file.total, False)
    if stated != actual:
        yield f"the file is whole, and its manifest has {stated} instead of {actual}"
    if not file.is_complete:
        yield "the file looks whole, and its gzip stream is incomplete"
