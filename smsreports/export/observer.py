"""The record of a file, as far as the stream knows of it: what was sent, and who keeps that."""

from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID


class ExportStats:
    """Rows, bytes and SHA-256 of what was sent of a file, before any Content-Encoding."""

    def __init__(self) -> None:
        self.rows = self.bytes = 0
        self._hash = sha256()

    def add_block(self, block: bytes, rows: int) -> None:
        self.rows += rows
        self.bytes += len(block)
        # Without the GIL, for blocks of this size.
        self._hash.update(block)

    @property
    def sha256(self) -> str:
        """64 hex digits."""
        return self._hash.hexdigest()


class ExportObserver(Protocol):
    """Lets one export begin, and keeps what became of it."""

    @property
    def id(self) -> UUID: ...

    def acquire_slot(self) -> AbstractContextManager[None]:
        """Held from before the first query until the file has ended. Raises where there is none."""

    def authorize_export(self, cursor: Any) -> None:
        """Within the export's own transaction, so that what it takes ends with that. Raises to refuse."""

    def on_start(self, total: int, limit: int) -> None:
        """Committed before the first byte: `total` rows match, of which `limit` are sent at most."""

    def on_finish(self, cursor: Any, stats: ExportStats) -> None:
        """In the export's own transaction, after the last byte was taken. Raises if it cannot be kept."""

    def on_failure(self, stats: ExportStats) -> None:
        """After that transaction has ended otherwise; never raises."""
