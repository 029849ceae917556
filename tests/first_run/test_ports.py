"""A port that cannot be had is one line with the reason, before anything is made or printed."""

import socket
from pathlib import Path

import pytest

from tests.first_run.folder import Folder, listening, without_rights

# From here on, an ordinary user may listen on ports.
FIRST_UNPRIVILEGED = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
NOT_NUMBERS = ["abc", "", "-1", "80.0", "٣"]


@pytest.mark.parametrize("port", NOT_NUMBERS)
def test_a_port_that_is_no_number_is_said_before_anything_is_installed(bare: Folder, port: str) -> None:
    before = bare.names()
    done = bare.make("run", f"PORT={port}")
    assert done.code == 2
    assert done.said.startswith(f"The port {port!r} is not a number from 1 to 65535. Take another: make run PORT=")
    assert done.said.count("\n") == 1
    assert bare.names() == before


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_port_out_of_range_is_said_before_anything_is_installed(bare: Folder, port: str) -> None:
    done = bare.make("run", f"PORT={port}")
    assert done.said.startswith(f"The port {port} is out of range, 1 to 65535. Take another: make run PORT=")
    assert done.said.count("\n") == 1
    assert not (bare.path / ".venv").exists()


@pytest.mark.skipif(FIRST_UNPRIVILEGED <= 80, reason="this machine lets everybody listen on port 80")
def test_a_port_of_root_is_refused_to_others(bare: Folder) -> None:
    done = bare.make("run", "PORT=80", prefix=without_rights())
    assert done.said.count("\n") == 1
    assert " is not allowed to listen on port 80. Take another: make run PORT=8" in done.said


def test_a_port_in_use_is_said_before_anything_is_made(installed: Folder) -> None:
    with listening() as port:
        done = installed.make("run", f"PORT={port}")
    assert done.code == 2
    assert done.said.startswith(f"Port {port} is in use by another program. Take another: make run PORT=")
    assert done.said.count("\n") == 1
    assert not (installed.path / ".data").exists()


def test_run_on_a_folder_with_packages_names_what_is_wrong_with_the_port(installed: Folder) -> None:
    installed.make("setup")
    with listening() as port:
        done = installed.make("run", f"PORT={port}")
    assert done.said.startswith(f"CommandError: Port {port} is in use by another program. Take another: make run PORT=")
    assert done.said.count("\n") == 1
    assert not (installed.path / ".data").exists()


@pytest.mark.parametrize("port", ["abc", "99999"])
def test_serve_refuses_a_bad_port_in_one_line(installed: Folder, port: str) -> None:
    installed.write_env_file()
    done = installed.manage("serve", "--port", port)
    assert done.code == 1
    assert done.said.startswith(
        f"CommandError: The port {port!r} is not" if port == "abc" else "CommandError: The port"
    )
    assert "Take another: --port " in done.said
    assert done.said.count("\n") == 1


def test_serve_does_not_try_five_times_to_have_a_port_in_use(installed: Folder) -> None:
    installed.write_env_file()
    with listening() as port:
        done = installed.manage("serve", "--port", str(port))
    assert done.code == 1
    assert done.said.startswith(f"CommandError: Port {port} is in use by another program. Take another: --port ")
    assert done.said.count("\n") == 1


def test_the_suggested_port_is_free(bare: Folder) -> None:
    with listening() as port:
        said = bare.make("run", f"PORT={port}").said
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", int(said.split("PORT=")[1])))
