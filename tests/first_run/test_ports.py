"""An unavailable port is reported in one line with the reason, before anything is created or printed."""

import socket
from pathlib import Path

import pytest

from tests.first_run.folder import Folder, drop_capabilities, listening

# The lowest port on which an ordinary user may listen.
FIRST_UNPRIVILEGED = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
NOT_NUMBERS = ["abc", "", "-1", "80.0", "٣"]


@pytest.mark.parametrize("port", NOT_NUMBERS)
def test_an_invalid_port_is_reported_before_the_installation(bare: Folder, port: str) -> None:
    before = bare.list_names()
    result = bare.make("run", f"PORT={port}")
    assert result.code == 2
    assert result.text.startswith(f"The port {port!r} is not a number from 1 to 65535. Take another: make run PORT=")
    assert result.text.count("\n") == 1
    assert bare.list_names() == before


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_port_out_of_range_is_reported_before_the_installation(bare: Folder, port: str) -> None:
    result = bare.make("run", f"PORT={port}")
    assert result.text.startswith(f"The port {port} is out of range, 1 to 65535. Take another: make run PORT=")
    assert result.text.count("\n") == 1
    assert not (bare.path / ".venv").exists()


@pytest.mark.skipif(FIRST_UNPRIVILEGED <= 80, reason="every user may listen on port 80 on this machine")
def test_a_privileged_port_is_refused_to_ordinary_users(bare: Folder) -> None:
    result = bare.make("run", "PORT=80", prefix=drop_capabilities())
    assert result.text.count("\n") == 1
    assert " is not allowed to listen on port 80. Take another: make run PORT=8" in result.text


def test_a_port_in_use_is_reported_before_anything_is_created(installed: Folder) -> None:
    with listening() as port:
        result = installed.make("run", f"PORT={port}")
    assert result.code == 2
    assert result.text.startswith(f"Port {port} is in use by another program. Take another: make run PORT=")
    assert result.text.count("\n") == 1
    assert not (installed.path / ".data").exists()


def test_a_port_in_use_is_reported_in_a_complete_folder(installed: Folder) -> None:
    installed.make("setup")
    with listening() as port:
        result = installed.make("run", f"PORT={port}")
    assert result.text.startswith(
        f"CommandError: Port {port} is in use by another program. Take another: make run PORT="
    )
    assert result.text.count("\n") == 1
    assert not (installed.path / ".data").exists()


@pytest.mark.parametrize("port", ["abc", "99999"])
def test_serve_refuses_a_bad_port_in_one_line(installed: Folder, port: str) -> None:
    installed.write_env_file()
    result = installed.manage("serve", "--port", port)
    assert result.code == 1
    assert result.text.startswith(
        f"CommandError: The port {port!r} is not" if port == "abc" else "CommandError: The port"
    )
    assert "Take another: --port " in result.text
    assert result.text.count("\n") == 1


def test_serve_refuses_a_port_in_use_in_one_line(installed: Folder) -> None:
    installed.write_env_file()
    with listening() as port:
        result = installed.manage("serve", "--port", str(port))
    assert result.code == 1
    assert result.text.startswith(f"CommandError: Port {port} is in use by another program. Take another: --port ")
    assert result.text.count("\n") == 1


def test_the_suggested_port_is_free(bare: Folder) -> None:
    with listening() as port:
        text = bare.make("run", f"PORT={port}").text
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", int(text.split("PORT=")[1])))
