"""Reversal of a file's rows."""

from array import array
from itertools import pairwise
from tempfile import TemporaryFile

import orjson

from smsreports.ingest.readers import FileRows
from smsreports.records.field_parsers import InvalidRecord


def reverse_rows(rows: FileRows) -> FileRows:
    """Yield the same rows, last first. They are spooled to a temporary file; memory holds eight bytes per row."""
    with TemporaryFile() as spool:
        offsets = array("Q", [0])
        for number, row in rows:
            spool.write(
                orjson.dumps([number, str(row), None] if isinstance(row, InvalidRecord) else [number, None, row])
            )
            offsets.append(spool.tell())
        for end, start in pairwise(reversed(offsets)):
            spool.seek(start)
            number, error, row = orjson.loads(spool.read(end - start))
            yield number, row if error is None else InvalidRecord(error)
