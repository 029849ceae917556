"""Where things are in a data directory."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# The database, and the role that owns it.
NAME = "smsreports"
# Part of the socket's name. Said on both sides, or a PGPORT in the environment would part them.
PORT = "5432"
SOCKET_FILE = f".s.PGSQL.{PORT}"
# A socket's path must fit 104 bytes on macOS and 108 on Linux, the closing zero included.
SOCKET_PATH_BYTES = 100
# Not TMPDIR: that differs between shells, and everybody must find the same socket.
TEMPORARY = Path("/tmp")  # noqa: S108  what is found there is checked before use


@dataclass(frozen=True)
class Layout:
    """The names in a data directory, which is absolute and without symbolic links."""

    data: Path

    @classmethod
    def of(cls, data: Path) -> Self:
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
        """Held while the server is started or stopped."""
        return self.data / "start.lock"

    @property
    def use_lock(self) -> Path:
        """Shared by every process that uses the server."""
        return self.data / "use.lock"

    @property
    def keep(self) -> Path:
        """Exists while the server is to outlive the processes that use it."""
        return self.data / "keep"

    @property
    def socket(self) -> Path:
        """The socket's directory: here, or where the path is too long for one, a short name elsewhere."""
        here = self.data / "socket"
        # A comma would be two hosts to a client, and two directories to the server.
        if len(os.fsencode(here / SOCKET_FILE)) <= SOCKET_PATH_BYTES and "," not in str(here):
            return here
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return TEMPORARY / f"{NAME}-{self._owner()}-{digest}"

    def _owner(self) -> int:
        """Whose data it is: root and its owner must come to the same name."""
        try:
            return self.data.stat().st_uid
        except OSError:
            return os.geteuid()
