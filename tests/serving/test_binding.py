"""Address that the server listens on: loopback by default."""

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
def bound_addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that the server would listen on."""
    monkeypatch.delenv("SMSREPORTS_BIND", raising=False)
    monkeypatch.delenv("PORT", raising=False)
    addresses: list[str] = []
    monkeypatch.setattr(serve, "run_server", lambda bind, workers: addresses.append(bind))
    # This machine does not have all addresses of these tests.
    monkeypatch.setattr(serve, "check_port", lambda host, port, data: None)
    monkeypatch.setattr(serve, "mark_port", lambda data, port: None)
    return addresses


@pytest.mark.parametrize("is_local", [True, False])
def test_the_default_is_loopback_in_both_modes(
    monkeypatch: pytest.MonkeyPatch, bound_addresses: list[str], is_local: bool
) -> None:
    monkeypatch.setattr(settings, "LOCAL", is_local)
    call_command("serve")
    assert bound_addresses == ["127.0.0.1:8000"]


@pytest.mark.parametrize(
    ("value", "address"), [("0.0.0.0", "0.0.0.0"), ("192.0.2.1", "192.0.2.1"), ("::", "[::]"), ("::1", "[::1]")]
)
def test_an_option_or_a_variable_sets_the_address(
    monkeypatch: pytest.MonkeyPatch, bound_addresses: list[str], value: str, address: str
) -> None:
    call_command("serve", bind=value)
    monkeypatch.setenv("SMSREPORTS_BIND", value)
    call_command("serve")
    call_command("serve", bind="127.0.0.2", port=8001)
    assert bound_addresses == [f"{address}:8000", f"{address}:8000", "127.0.0.2:8001"]


@pytest.mark.parametrize("value", ["everywhere", "localhost", "127.0.0.1:8000", "unix:/run/sms", "10.0.0.0/8", "[::1]"])
def test_an_invalid_address_is_rejected(bound_addresses: list[str], value: str) -> None:
    with pytest.raises(CommandError, match=r"no IP address to listen at.*SMSREPORTS_BIND"):
        call_command("serve", bind=value)
    assert bound_addresses == []


def test_the_error_is_one_line(tmp_path: Path) -> None:
    variables = {"SMSREPORTS_MODE": "local", "SECRET_KEY": settings.SECRET_KEY, "SMSREPORTS_BIND": "everywhere"}
    command = [sys.executable, "manage.py", "serve"]
    result = subprocess.run(command, cwd=settings.BASE_DIR, env=os.environ | variables, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "SMSREPORTS_BIND" in result.stderr


def test_a_server_listens_on_loopback_only(committed: None, tmp_path: Path) -> None:
    with serving(tmp_path / "log", DATABASE_URL=database_url()) as server:
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        listening = [
            line[1].split(":")[0] for line in lines if line[3] == "0A" and line[1].endswith(f"{server.port:04X}")
        ]
        assert listening == ["0100007F"]
        assert HOST == "127.0.0.1"
