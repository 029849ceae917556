"""Folders and files of a server: created atomically, and checked before every start."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from smsreports.embedded_postgres.errors import DatabaseUnavailable
from smsreports.embedded_postgres.layout import NAME, Layout
from smsreports.embedded_postgres.runner import OsUser, Runner

# Name of the folder with the server's files until they are complete and it is renamed.
UNFINISHED_PREFIX = "postgres.unfinished-"
# No passwords: the kernel names the user at the other end of the socket, and the map lists the users of the role.
HBA_CONTENT = f"local all all peer map={NAME}\n"


def ensure_data_folder(layout: Layout) -> None:
    """Create the data directory if it does not exist. An existing one keeps its permissions."""
    if layout.data.is_dir():
        return
    layout.data.mkdir(0o700, parents=True, exist_ok=True)
    user = OsUser.for_files(layout.postgres)
    if user.is_other:
        # Another user serves root's data. The group lets that user through without a capability.
        user.grant_traverse(layout.data)


def ensure_socket_folder(layout: Layout, user: OsUser) -> None:
    """Create the private folder of the socket. Raises DatabaseUnavailable if an existing one is not private.

    In the temporary folder another user could have created it to impersonate the server.
    """
    layout.socket.mkdir(0o700, exist_ok=True)
    status = layout.socket.lstat()
    is_private = stat.S_ISDIR(status.st_mode) and not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    # It still belongs to this process's user if root has not changed its owner yet.
    if not is_private or status.st_uid not in (user.uid, os.geteuid()):
        raise DatabaseUnavailable(f"{layout.socket} is not a private folder of {user.name}: remove it")
    user.chown(layout.socket)


def ensure_files(layout: Layout, runner: Runner) -> None:
    """Create the log and the server's files if they do not exist.

    Raises DatabaseUnavailable if the files are of another major version than the programs.
    """
    for left_over in layout.data.glob(f"{UNFINISHED_PREFIX}*"):
        # An initdb whose parent was killed may still write to it; the next start tries again.
        shutil.rmtree(left_over, ignore_errors=True)
    layout.log.touch(0o600)
    runner.user.chown(layout.log)
    version = layout.postgres / "PG_VERSION"
    if not version.exists():
        _run_initdb(layout, runner)
    files_version, program_version = version.read_text().strip(), runner.read_major_version()
    if files_version != program_version:
        raise DatabaseUnavailable(
            f"{layout.postgres} was made by PostgreSQL {files_version} and the one installed is {program_version}: dump"
            f" it with a PostgreSQL {files_version} and load it here, or set SMSREPORTS_DATA to a new folder"
        )


def _run_initdb(layout: Layout, runner: Runner) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED_PREFIX, dir=layout.data))
    runner.user.chown(unfinished)
    process = runner.run(
        "initdb",
        f"--pgdata={unfinished.name}",
        f"--username={NAME}",
        "--auth=peer",
        "--encoding=UTF8",
        # The same collation and case rules on every machine, whatever its locales are.
        "--no-locale",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    )
    if process.returncode:
        raise DatabaseUnavailable(f"initdb in {layout.data} failed:\n{process.stderr}")
    (unfinished / "pg_hba.conf").write_text(HBA_CONTENT)
    (unfinished / "pg_ident.conf").write_text(_build_user_map(runner.user))
    unfinished.rename(layout.postgres)


def _build_user_map(owner: OsUser) -> str:
    """Return the map of the users of the role: the files' owner, and root, who could become the owner anyway."""
    return "".join(f'{NAME} "{name}" {NAME}\n' for name in sorted({owner.name, "root"}))
