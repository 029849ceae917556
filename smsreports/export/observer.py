"""Statistics of an export, and the protocol of the observer that records them."""

from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from django.db.backends.utils import CursorWrapper


class ExportStats:
    """Rows, bytes and SHA-256 of the part of a file that was sent, before any Content-Encoding."""

    def __init__(self) -> None:
        self.rows = self.bytes = 0
        self._hash = sha256()

    def add_chunk(self, chunk: bytes, rows: int) -> None:
        self.rows += rows
        self.bytes += len(chunk)
        # hashlib releases the GIL for chunks of this size.
        self._hash.update(chunk)

    @property
    def sha256(self) -> str:
        """Digest as 64 hex digits."""
        return self._hash.hexdigest()


class ExportObserver(Protocol):
    """Permits one export, and records its result."""

    @property
    def id(self) -> UUID: ...

    def acquire_slot(self) -> AbstractContextManager[None]:
        """Hold a slot of this process from before the first query until the file has ended. Raises if none is free."""

    def authorize_export(self, cursor: CursorWrapper) -> None:
        """Take the locks of the export in its own transaction, which releases them. Raises to refuse the export."""

    def on_start(self, total: int, limit: int) -> None:
        """Record the start, committed before the first byte: `total` rows match, at most `limit` are sent."""

    def on_finish(self, cursor: CursorWrapper, stats: ExportStats) -> None:
        """Record the result in the export's own transaction, after the last byte. Raises if that fails."""

    def on_failure(self, stats: ExportStats) -> None:
        """Record a failure after the export's transaction was rolled back. Never raises."""
