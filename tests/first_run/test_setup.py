"""`make setup`, the first step of every target: it completes an incomplete setup and reports errors in one line."""

import fcntl
import os
import re
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.first_run.folder import Folder, drop_capabilities

APT = re.compile(
    r"python3\.\d+ cannot make virtual environments yet\. Install the missing package: apt install python3\.\d+-venv"
)
# A package index that refuses connections, without a configuration of another index.
NO_NETWORK = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}


@pytest.fixture
def python_without_ensurepip(tmp_path: Path) -> str:
    """A Python without ensurepip, as Debian and Ubuntu install it by default."""
    library = Path(sysconfig.get_path("stdlib"))
    own = tmp_path / "prefix" / "lib" / library.name
    own.mkdir(parents=True)
    for entry in library.iterdir():
        if entry.name != "ensurepip":
            (own / entry.name).symlink_to(entry)
    program = tmp_path / "python3"
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    program.write_text(f'#!/bin/sh\nPYTHONHOME="{tmp_path / "prefix"}" exec {base} "$@"\n')
    program.chmod(0o755)
    assert subprocess.run([program, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 1
    return str(program)


def explains_the_missing_package(text: str) -> bool:
    if Path("/etc/debian_version").exists():
        return bool(APT.fullmatch(text.strip()))
    return "lacks the modules venv and ensurepip" in text


def test_a_python_without_venv_names_the_package_and_creates_nothing(
    bare: Folder, python_without_ensurepip: str
) -> None:
    before = bare.list_names()
    result = bare.make("run", f"PYTHON={python_without_ensurepip}")
    assert result.code == 2
    assert explains_the_missing_package(result.text)
    assert bare.list_names() == before


def test_a_venv_without_pip_is_rebuilt_and_a_network_error_is_one_line(bare: Folder) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare.path / ".venv"], check=True)
    result = bare.make("setup", f"PYTHON={sys.executable}", variables=NO_NETWORK)
    anew, installing, reason = result.text.splitlines()
    assert result.code == 2
    assert anew == ".venv is incomplete or was moved; building it anew."
    assert re.fullmatch(r"Installing \d\d packages into \.venv\. This takes about a minute\.", installing)
    assert reason == (
        "Cannot reach the package index (Connection refused). "
        "Setup continues with the next run, when there is a network."
    )
    assert (bare.path / ".venv" / "bin" / "pip").exists()
    assert not (bare.path / ".env").exists()
    # The next run continues.
    assert bare.make("setup", f"PYTHON={sys.executable}", variables=NO_NETWORK).text.splitlines() == [
        installing,
        reason,
    ]


def test_the_message_counts_the_missing_packages(installed: Folder) -> None:
    pins = installed.path / "requirements" / "dev.txt"
    text = pins.read_text()
    first = text.split("==", 1)[0]
    pins.write_text(text.replace(f"{first}==", f"{first}==9999.", 1))
    text = installed.make("setup", variables=NO_NETWORK).text
    assert re.match(r"Installing 1 of \d\d packages into \.venv\.", text)


def test_a_moved_venv_is_rebuilt(installed: Folder, python_without_ensurepip: str) -> None:
    assert installed.make("setup").code == 0
    record = installed.path / ".venv" / ".installed"
    record.write_text(record.read_text().replace(str(installed.path), "/somewhere/else"))
    assert explains_the_missing_package(installed.make("setup", f"PYTHON={python_without_ensurepip}").text)


def test_a_complete_folder_is_not_changed_and_nothing_is_printed(installed: Folder) -> None:
    installed.make("setup")
    files = (installed.path / ".venv" / ".installed", installed.path / ".env")
    before = [(file.stat().st_mtime_ns, file.read_text()) for file in files]
    result = installed.make("setup")
    assert (result.code, result.text) == (0, "")
    assert [(file.stat().st_mtime_ns, file.read_text()) for file in files] == before


def test_concurrent_first_runs_wait_for_each_other(installed: Folder) -> None:
    folder = os.open(installed.path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with installed.start("make", "setup") as first, installed.start("make", "setup") as second:
        for process in (first, second):
            assert process.stdout is not None
            assert process.stdout.readline() == "Another run is setting up this folder; waiting for it.\n"
        assert not (installed.path / ".env").exists()
        os.close(folder)
        assert [process.communicate()[0] for process in (first, second)] == ["", ""]
        assert [process.returncode for process in (first, second)] == [0, 0]
    assert (installed.path / ".env").read_text().count("SECRET_KEY=") == 1


def test_an_empty_env_file_is_replaced(installed: Folder) -> None:
    file = installed.path / ".env"
    file.touch()
    assert installed.make("setup").code == 0
    assert "SECRET_KEY=" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_error_names_an_env_file_of_another_user(installed: Folder) -> None:
    installed.make("setup")
    (installed.path / ".env").chmod(0)
    result = installed.make("run", prefix=drop_capabilities())
    assert result.code == 2
    assert re.fullmatch(
        rf"{re.escape(str(installed.path / '.env'))} belongs to .* and cannot be read by .*\n", result.text
    )


def test_the_error_names_an_unwritable_folder(bare: Folder) -> None:
    bare.path.chmod(0o555)
    result = bare.make("test", f"PYTHON={sys.executable}", prefix=drop_capabilities())
    bare.path.chmod(0o755)
    assert result.code == 2
    assert re.fullmatch(
        rf"{re.escape(str(bare.path))} cannot be written by .*: copy it to a folder of your own.*\n", result.text
    )
