"""The record of a file, as far as the stream knows of it: what was sent, and who keeps that."""

from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID


class Tally:
    """Rows, bytes and SHA-256 of what was sent of a file, before any Content-Encoding."""

    def __init__(self) -> None:
        self.rows = self.bytes = 0
        self._hash = sha256()

    def add(self, block: bytes, rows: int) -> None:
        self.rows += rows
        self.bytes += len(block)
        # Without the GIL, for blocks of this size.
        self._hash.update(block)

    @property
    def sha256(self) -> str:
        """64 hex digits."""
        return self._hash.hexdigest()


class Ledger(Protocol):
    """Lets one export begin, and keeps what became of it."""

    @property
    def id(self) -> UUID: ...

    def place(self) -> AbstractContextManager[None]:
        """Held from before the first query until the file has ended. Raises where there is none."""

    def admit(self, cursor: Any) -> None:
        """Within the export's own transaction, so that what it takes ends with that. Raises to refuse."""

    def begun(self, total: int, limit: int) -> None:
        """Committed before the first byte: `total` rows match, of which `limit` are sent at most."""

    def finished(self, cursor: Any, tally: Tally) -> None:
        """In the export's own transaction, after the last byte was taken. Raises if it cannot be kept."""

    def broke(self, tally: Tally) -> None:
        """After that transaction has ended otherwise; never raises."""
