"""An error of the machine or its settings is one line, from every command."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.first_run.folder import Folder, free_port, printed_until_ready, without_rights

REFUSING = "postgres://nobody@127.0.0.1:1/nothing"
# A private view of the file system, in which the memory folder takes no file.
CLOSED_MEMORY = (
    "unshare",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    'mount -t tmpfs -o ro none /dev/shm && exec "$@"',
    "-",
)


def has_private_mounts() -> bool:
    if shutil.which(CLOSED_MEMORY[0]) is None or not Path("/dev/shm").is_dir():
        return False
    return subprocess.run([*CLOSED_MEMORY, "true"], capture_output=True, check=False).returncode == 0


def test_a_wrong_setting_is_one_line(installed: Folder) -> None:
    installed.write_env_file().write_text("SMSREPORTS_MODE=sideways\n")
    done = installed.manage("migrate")
    assert done.code == 1
    assert done.said == "Configuration: SMSREPORTS_MODE is 'sideways'; it must be one of production, local\n"


def test_a_traceback_is_printed_to_who_wants_it(installed: Folder) -> None:
    installed.write_env_file().write_text("SMSREPORTS_MODE=sideways\n")
    assert "Traceback" in installed.manage("migrate", "--traceback").said


def test_an_env_file_that_cannot_be_read_is_named(installed: Folder) -> None:
    file = installed.write_env_file()
    file.chmod(0)
    done = installed.manage("check", prefix=without_rights())
    assert (done.code, done.said) == (1, f"Configuration: {file} cannot be read by this user: Permission denied\n")


def test_an_env_file_that_is_no_text_is_named(installed: Folder) -> None:
    file = installed.write_env_file()
    file.write_bytes(b"SECRET_KEY=\xff\xfe")
    assert installed.manage("check").said == f"Configuration: {file} is not text in UTF-8\n"


def test_a_database_that_is_not_there_is_one_line(installed: Folder) -> None:
    installed.write_env_file()
    done = installed.manage("migrate", variables={"DATABASE_URL": REFUSING})
    assert done.code == 1
    assert re.fullmatch(r"Database: connection failed: .* port 1 failed: Connection refused.*\n", done.said)


def test_data_that_cannot_be_kept_is_one_line(installed: Folder) -> None:
    installed.write_env_file()
    installed.path.chmod(0o555)
    migrate = installed.manage("migrate", prefix=without_rights())
    quickstart = installed.manage("quickstart", "--port", str(free_port()), prefix=without_rights())
    installed.path.chmod(0o755)
    for done, begin in (
        (migrate, "Database: The database can't be kept in "),
        (quickstart, "CommandError: This user "),
    ):
        assert done.code == 1
        assert done.said.startswith(begin)
        assert "set SMSREPORTS_DATA to a folder of its own" in done.said
        assert done.said.count("\n") == 1


def test_a_python_without_the_packages_is_told_where_they_are(bare: Folder) -> None:
    python = Path(shutil.which("python3") or "python3")
    done = bare.run(str(python), "-S", "manage.py", "migrate")
    assert done.code == 1
    assert done.said.startswith("No module named 'django' for ")
    assert "use .venv/bin/python" in done.said


@pytest.mark.skipif(not has_private_mounts(), reason="this machine lets nobody mount")
def test_a_memory_folder_that_takes_no_file_is_gone_without(installed: Folder) -> None:
    installed.write_env_file()
    port = free_port()
    command = (*CLOSED_MEMORY, ".venv/bin/python", "manage.py", "serve", "--port", str(port), "--workers", "1")
    with installed.started(*command, variables={"DATABASE_URL": REFUSING, "SMSREPORTS_STOP_SECONDS": "5"}) as process:
        printed = printed_until_ready(process, port, "/metrics")
        process.terminate()
        printed += process.communicate()[0]
    assert "Traceback" not in printed
