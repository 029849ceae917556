"""Rows from the last to the first."""

from array import array
from itertools import pairwise
from tempfile import TemporaryFile

import orjson

from smsreports.ingest.field_parsers import InvalidRecord
from smsreports.ingest.readers import FileRow, FileRows


def reverse_rows(rows: FileRows) -> FileRows:
    """The same rows, last first, by way of a temporary file: in memory there are eight bytes of each."""
    with TemporaryFile() as spool:
        offsets = array("Q", [0])
        for number, row in rows:
            spool.write(
                orjson.dumps([number, str(row), None] if isinstance(row, InvalidRecord) else [number, None, row])
            )
            offsets.append(spool.tell())
        for end, start in pairwise(reversed(offsets)):
            spool.seek(start)
            yield _unpack_row(spool.read(end - start))


def _unpack_row(packed: bytes) -> tuple[int, FileRow | InvalidRecord]:
    number, error, row = orjson.loads(packed)
    return number, row if error is None else InvalidRecord(error)
