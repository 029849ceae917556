"""The address that the server listens at: loopback, unless told otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from smsreports.management.commands import serve
from tests.server import HOST, database_url, serving


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the server would listen at."""
    monkeypatch.delenv("SMSREPORTS_BIND", raising=False)
    monkeypatch.delenv("PORT", raising=False)
    found: list[str] = []
    monkeypatch.setattr(serve, "serve", lambda bind, workers: found.append(bind))
    # This machine has not every address of these tests.
    monkeypatch.setattr(serve, "check_port", lambda host, port, data: None)
    monkeypatch.setattr(serve, "mark_port", lambda data, port: None)
    return found


@pytest.mark.parametrize("is_local", [True, False])
def test_it_is_loopback_in_both_modes(monkeypatch: pytest.MonkeyPatch, bound: list[str], is_local: bool) -> None:
    monkeypatch.setattr(settings, "LOCAL", is_local)
    call_command("serve")
    assert bound == ["127.0.0.1:8000"]


@pytest.mark.parametrize(
    ("told", "address"), [("0.0.0.0", "0.0.0.0"), ("192.0.2.1", "192.0.2.1"), ("::", "[::]"), ("::1", "[::1]")]
)
def test_it_may_be_chosen(monkeypatch: pytest.MonkeyPatch, bound: list[str], told: str, address: str) -> None:
    call_command("serve", bind=told)
    monkeypatch.setenv("SMSREPORTS_BIND", told)
    call_command("serve")
    call_command("serve", bind="127.0.0.2", port=8001)
    assert bound == [f"{address}:8000", f"{address}:8000", "127.0.0.2:8001"]


@pytest.mark.parametrize("told", ["everywhere", "localhost", "127.0.0.1:8000", "unix:/run/sms", "10.0.0.0/8", "[::1]"])
def test_what_is_no_address_is_explained(bound: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=r"no IP address to listen at.*SMSREPORTS_BIND"):
        call_command("serve", bind=told)
    assert bound == []


def test_a_refusal_is_one_line(tmp_path: Path) -> None:
    named = {"SMSREPORTS_MODE": "local", "SECRET_KEY": settings.SECRET_KEY, "SMSREPORTS_BIND": "everywhere"}
    command = [sys.executable, "manage.py", "serve"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=os.environ | named, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "SMSREPORTS_BIND" in done.stderr


def test_a_server_listens_there_and_nowhere_else(committed: None, tmp_path: Path) -> None:
    with serving(tmp_path / "log", DATABASE_URL=database_url()) as server:
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        listening = [
            line[1].split(":")[0] for line in lines if line[3] == "0A" and line[1].endswith(f"{server.port:04X}")
        ]
        assert listening == ["0100007F"]
        assert HOST == "127.0.0.1"
