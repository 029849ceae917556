"""Paths in a data directory."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# Name of the database and of the role that owns it.
NAME = "smsreports"
# Part of the socket's name. Server and clients set it explicitly, because PGPORT in the environment could differ.
PORT = "5432"
SOCKET_FILE = f".s.PGSQL.{PORT}"
# A socket's path must fit 104 bytes on macOS and 108 on Linux, including the terminating zero.
MAX_SOCKET_PATH_BYTES = 100
# Not TMPDIR: it differs between shells, and every process must find the same socket.
TEMPORARY_FOLDER = Path("/tmp")  # noqa: S108  an existing folder is checked before use


@dataclass(frozen=True)
class Layout:
    """Paths in the data directory `data`, which is absolute and without symbolic links."""

    data: Path

    @classmethod
    def for_data(cls, data: Path) -> Self:
        return cls(data.resolve())

    @property
    def postgres(self) -> Path:
        """The server's own files (PGDATA)."""
        return self.data / "postgres"

    @property
    def log(self) -> Path:
        return self.data / "postgres.log"

    @property
    def start_lock(self) -> Path:
        """Lock that is held while the server is started or stopped."""
        return self.data / "start.lock"

    @property
    def use_lock(self) -> Path:
        """Lock that every process using the server holds in shared mode."""
        return self.data / "use.lock"

    @property
    def keep(self) -> Path:
        """File that exists while the server must keep running without users."""
        return self.data / "keep"

    @property
    def socket(self) -> Path:
        """Folder of the socket: in the data directory, or in the temporary folder if the path is too long."""
        folder = self.data / "socket"
        # A comma separates hosts for a client, and directories for the server.
        if len(os.fsencode(folder / SOCKET_FILE)) <= MAX_SOCKET_PATH_BYTES and "," not in str(folder):
            return folder
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return TEMPORARY_FOLDER / f"{NAME}-{self._find_owner()}-{digest}"

    def _find_owner(self) -> int:
        """Return the uid of the data's owner, so that root and the owner compute the same path."""
        try:
            return self.data.stat().st_uid
        except OSError:
            return os.geteuid()
