"""Rows from the last to the first."""

from array import array
from itertools import pairwise
from tempfile import TemporaryFile

import orjson

from smsreports.ingest.fields import Refused
from smsreports.ingest.readers import Row, Rows


def backwards(rows: Rows) -> Rows:
    """The same rows, last first, by way of a temporary file: in memory there are eight bytes of each."""
    with TemporaryFile() as spool:
        bounds = array("Q", [0])
        for number, row in rows:
            spool.write(orjson.dumps([number, str(row), None] if isinstance(row, Refused) else [number, None, row]))
            bounds.append(spool.tell())
        for end, start in pairwise(reversed(bounds)):
            spool.seek(start)
            yield _read(spool.read(end - start))


def _read(packed: bytes) -> tuple[int, Row | Refused]:
    number, refusal, row = orjson.loads(packed)
    return number, row if refusal is None else Refused(refusal)
