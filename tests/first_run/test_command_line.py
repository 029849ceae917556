"""An error of the machine or its settings is one line, from every command."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.first_run.folder import Folder, drop_capabilities, free_port, read_until_ready

REFUSING = "postgres://nobody@127.0.0.1:1/nothing"
# Runs a command with a private mount of the shared-memory folder that is read-only.
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


def test_an_invalid_setting_is_reported_in_one_line(installed: Folder) -> None:
    installed.write_env_file().write_text("SMSREPORTS_MODE=sideways\n")
    result = installed.manage("migrate")
    assert result.code == 1
    assert result.text == "Configuration: SMSREPORTS_MODE is 'sideways'; it must be one of production, local\n"


def test_the_traceback_option_prints_the_traceback(installed: Folder) -> None:
    installed.write_env_file().write_text("SMSREPORTS_MODE=sideways\n")
    assert "Traceback" in installed.manage("migrate", "--traceback").text


def test_the_error_names_an_unreadable_env_file(installed: Folder) -> None:
    file = installed.write_env_file()
    file.chmod(0)
    result = installed.manage("check", prefix=drop_capabilities())
    assert (result.code, result.text) == (1, f"Configuration: {file} cannot be read by this user: Permission denied\n")


def test_the_error_names_an_env_file_that_is_not_utf_8(installed: Folder) -> None:
    file = installed.write_env_file()
    file.write_bytes(b"SECRET_KEY=\xff\xfe")
    assert installed.manage("check").text == f"Configuration: {file} is not text in UTF-8\n"


def test_an_unreachable_database_is_reported_in_one_line(installed: Folder) -> None:
    installed.write_env_file()
    result = installed.manage("migrate", variables={"DATABASE_URL": REFUSING})
    assert result.code == 1
    assert re.fullmatch(r"Database: connection failed: .* port 1 failed: Connection refused.*\n", result.text)


def test_an_unwritable_data_folder_is_reported_in_one_line(installed: Folder) -> None:
    installed.write_env_file()
    installed.path.chmod(0o555)
    migrate = installed.manage("migrate", prefix=drop_capabilities())
    quickstart = installed.manage("quickstart", "--port", str(free_port()), prefix=drop_capabilities())
    installed.path.chmod(0o755)
    for result, begin in (
        (migrate, "Database: The database can't be kept in "),
        (quickstart, "CommandError: This user "),
    ):
        assert result.code == 1
        assert result.text.startswith(begin)
        assert "set SMSREPORTS_DATA to a folder of its own" in result.text
        assert result.text.count("\n") == 1


def test_a_python_without_the_packages_names_the_one_with_them(bare: Folder) -> None:
    python = Path(shutil.which("python3") or "python3")
    result = bare.run(str(python), "-S", "manage.py", "migrate")
    assert result.code == 1
    assert result.text.startswith("No module named 'django' for ")
    assert "use .venv/bin/python" in result.text


@pytest.mark.skipif(not has_private_mounts(), reason="this machine does not allow private mounts")
def test_the_server_works_without_a_writable_shared_memory_folder(installed: Folder) -> None:
    installed.write_env_file()
    port = free_port()
    command = (*CLOSED_MEMORY, ".venv/bin/python", "manage.py", "serve", "--port", str(port), "--workers", "1")
    with installed.start(*command, variables={"DATABASE_URL": REFUSING, "SMSREPORTS_STOP_SECONDS": "5"}) as process:
        output = read_until_ready(process, port, "/metrics")
        process.terminate()
        output += process.communicate()[0]
    assert "Traceback" not in output
