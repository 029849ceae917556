"""The folders and files of a server: made once, never half, and checked before every start."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from smsreports.embedded_postgres.errors import DatabaseUnavailable
from smsreports.embedded_postgres.layout import NAME, Layout
from smsreports.embedded_postgres.runner import OsUser, Runner

# The server's files until they are complete, beside the place they are then renamed to.
UNFINISHED_PREFIX = "postgres.unfinished-"
# No passwords: the kernel says who is at the other end of the socket, the map who of them may be the role.
HBA = f"local all all peer map={NAME}\n"


def ensure_data_folder(layout: Layout) -> None:
    """The data directory, if it is not there; one that is there keeps its permissions."""
    if layout.data.is_dir():
        return
    layout.data.mkdir(0o700, parents=True, exist_ok=True)
    account = OsUser.of(layout.postgres)
    if account.is_other:
        # Root's data is served by another user, who passes through by its group and needs no capability.
        account.grant_traverse(layout.data)


def ensure_socket_folder(layout: Layout, account: OsUser) -> None:
    """The socket's private directory. In the temporary folder somebody else could have put one there to pose
    as our server, so one that is there must be ours alone."""
    layout.socket.mkdir(0o700, exist_ok=True)
    found = layout.socket.lstat()
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    # It is still ours where root has not yet given it to the account.
    if not private or found.st_uid not in (account.uid, os.geteuid()):
        raise DatabaseUnavailable(f"{layout.socket} is not a private folder of {account.name}: remove it")
    account.chown(layout.socket)


def ensure_files(layout: Layout, runner: Runner) -> None:
    """The log and the server's own files, of a version that the programs can read."""
    for left_over in layout.data.glob(f"{UNFINISHED_PREFIX}*"):
        # An initdb whose caller was killed may still be at it; the next start tries again.
        shutil.rmtree(left_over, ignore_errors=True)
    layout.log.touch(0o600)
    runner.account.chown(layout.log)
    version = layout.postgres / "PG_VERSION"
    if not version.exists():
        _run_initdb(layout, runner)
    found, ours = version.read_text().strip(), runner.major()
    if found != ours:
        raise DatabaseUnavailable(
            f"{layout.postgres} was made by PostgreSQL {found} and the one installed is {ours}: dump it with "
            f"a PostgreSQL {found} and load it here, or set SMSREPORTS_DATA to a new folder"
        )


def _run_initdb(layout: Layout, runner: Runner) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED_PREFIX, dir=layout.data))
    runner.account.chown(unfinished)
    done = runner.run(
        "initdb",
        f"--pgdata={unfinished.name}",
        f"--username={NAME}",
        "--auth=peer",
        "--encoding=UTF8",
        # The same order and case rules on every machine, whatever locales it has.
        "--no-locale",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    )
    if done.returncode:
        raise DatabaseUnavailable(f"initdb in {layout.data} failed:\n{done.stderr}")
    (unfinished / "pg_hba.conf").write_text(HBA)
    (unfinished / "pg_ident.conf").write_text(_build_user_map(runner.account))
    unfinished.rename(layout.postgres)


def _build_user_map(account: OsUser) -> str:
    """Who may be the role: the files' owner and root, who could become the owner anyway."""
    return "".join(f'{NAME} "{user}" {NAME}\n' for user in sorted({account.name, "root"}))
