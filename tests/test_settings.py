"""The settings of a start: what production must be given, and that an odd value stops it by its name."""

import os
import runpy
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[1]
# A `.env` of the checkout fills in what is not said here, so what should be missing is given as empty.
EVERYTHING = {
    "SMSREPORTS_MODE": "production",
    "DATABASE_URL": "postgres://sms:secret@db.example/sms",
    "SECRET_KEY": "a key of more than fifty characters, with many different ones: 0123456789",
    "ALLOWED_HOSTS": "sms.example",
    "DEBUG": "",
    "SMSREPORTS_DATA": "",
}
LOCAL = EVERYTHING | {"SMSREPORTS_MODE": "local", "DATABASE_URL": "", "ALLOWED_HOSTS": ""}


def settings(environment: dict[str, str]) -> dict[str, Any]:
    """What the real settings file makes of an environment that has nothing else in it."""
    with patch.dict(os.environ, environment, clear=True):
        return runpy.run_path(str(ROOT / "smsreports" / "settings.py"))


def check(**changes: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check`, as a machine would start it."""
    command = [sys.executable, "manage.py", "check"]
    environment = {"PATH": os.environ["PATH"], **EVERYTHING, **changes}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_production_starts_when_everything_is_given() -> None:
    started = check()
    assert (started.returncode, started.stderr) == (0, "")


def test_a_start_that_is_stopped_says_which_variable_is_missing() -> None:
    stopped = check(DATABASE_URL="")
    assert stopped.returncode != 0
    assert "DATABASE_URL is not set" in stopped.stderr


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS"])
def test_production_must_be_given(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{name} is not set"):
        settings(EVERYTHING | {name: ""})


def test_a_forgotten_mode_is_production() -> None:
    assert settings(EVERYTHING | {"SMSREPORTS_MODE": ""})["MODE"] == "production"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMSREPORTS_MODE", "staging"),
        ("DEBUG", "perhaps"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "sms.example,*"),
        ("DATABASE_URL", "mysql://sms:secret@db.example/sms"),
        ("DATABASE_URL", "sqlite:///sms.db"),
        ("DATABASE_URL", "/var/run/postgresql"),
        ("DATABASE_URL", "postgres://sms:secret@db.example"),
        ("DATABASE_URL", "postgres://sms:secret@db.example:port/sms"),
        ("SMSREPORTS_EXPORT_LIMIT", "0"),
        ("SMSREPORTS_EXPORT_LIMIT", "a million"),
        ("SMSREPORTS_RATE_LIMIT", "-1"),
        ("SMSREPORTS_PROXIES", "0"),
        ("SMSREPORTS_PROXIES", "1"),
        ("SMSREPORTS_PROXIES", "one"),
        ("SMSREPORTS_PROXIES", "10.0.0.1/8"),
        ("SMSREPORTS_RATE_LIMIT", "60_000"),
        ("SECURE_SSL_REDIRECT", "https"),
        ("ALLOWED_HOSTS", ","),
        ("PROXY_SSL_HEADER", "https"),
        ("LOG_LEVEL", "chatty"),
        ("LOG_FORMAT", "xml"),
        ("SMSREPORTS_METRICS_FROM", "10.0.0.0/8, everywhere"),
        ("SMSREPORTS_METRICS_FROM", "10.0.0.1/8"),
        ("SMSREPORTS_STOP_SECONDS", "0"),
    ],
)
def test_an_odd_value_stops_the_start_by_the_variables_name(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        settings(EVERYTHING | {name: value})


@pytest.mark.parametrize("url", ["mysql://sms:secret@db.example/sms", "postgres://sms:secret@db.example:port/sms"])
def test_a_refused_database_url_does_not_show_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as stopped:
        settings(EVERYTHING | {"DATABASE_URL": url})
    assert "secret" not in str(stopped.value)


def test_production_is_the_database_that_was_named() -> None:
    database = settings(EVERYTHING)["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["NAME"]) == ("db.example", "sms")


def test_local_is_the_embedded_database_and_loopback() -> None:
    found = settings(LOCAL)
    assert found["DATABASES"]["default"]["ENGINE"] == "smsreports.embedded_postgres"
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]


def test_a_checkout_keeps_its_data_and_its_settings_beside_manage_py(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = settings(LOCAL)
    assert (found["HOME"], found["SMSREPORTS_DATA"]) == (ROOT, ROOT / ".data")


def test_a_named_home_replaces_the_checkout(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SMSREPORTS_RATE_LIMIT=77\n")
    found = settings(LOCAL | {"SMSREPORTS_HOME": str(tmp_path)})
    assert (found["HOME"], found["SMSREPORTS_DATA"], found["RATE_LIMIT"]) == (tmp_path, tmp_path / ".data", 77)


def test_a_home_that_is_a_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="SMSREPORTS_HOME"):
        settings(LOCAL | {"SMSREPORTS_HOME": str(tmp_path / "file")})


def test_debug_is_off_in_both_modes_and_a_switch_of_its_own() -> None:
    assert [settings(mode)["DEBUG"] for mode in (EVERYTHING, LOCAL)] == [False, False]
    assert [settings(mode | {"DEBUG": "on"})["DEBUG"] for mode in (EVERYTHING, LOCAL)] == [True, True]


def test_both_modes_run_the_same_code() -> None:
    production, local = settings(EVERYTHING), settings(LOCAL)
    for name in ("INSTALLED_APPS", "MIDDLEWARE", "REST_FRAMEWORK", "CONTENT_SECURITY_POLICY", "DIALECTS"):
        assert production[name] == local[name]


def test_production_speaks_https_alone_and_local_plain_http() -> None:
    secure = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")
    assert all(settings(EVERYTHING)[name] for name in secure)
    assert not any(settings(LOCAL)[name] for name in secure)


def test_limits_are_settings() -> None:
    found = settings(EVERYTHING | {"SMSREPORTS_EXPORT_LIMIT": "10", "SMSREPORTS_RATE_LIMIT": "20"})
    assert (found["EXPORT_LIMIT"], found["RATE_LIMIT"]) == (10, 20)


def test_no_proxy_is_trusted_that_was_not_declared() -> None:
    assert settings(EVERYTHING)["PROXIES"] == []
    declared = settings(EVERYTHING | {"SMSREPORTS_PROXIES": "127.0.0.1, fd00::/8"})["PROXIES"]
    assert declared == [ip_network("127.0.0.1"), ip_network("fd00::/8")]


def test_the_former_number_of_proxies_is_explained() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SMSREPORTS_PROXIES is '1'.* networks.* 10\.0\.0\.0/8"):
        settings(EVERYTHING | {"SMSREPORTS_PROXIES": "1"})


def test_a_header_about_tls_needs_a_proxy_that_may_send_it() -> None:
    header = {"PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO=https"}
    with pytest.raises(ImproperlyConfigured, match=r"PROXY_SSL_HEADER.*SMSREPORTS_PROXIES"):
        settings(EVERYTHING | header)
    found = settings(EVERYTHING | header | {"SMSREPORTS_PROXIES": "127.0.0.1"})
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_former_secret_keys_are_a_list() -> None:
    assert settings(EVERYTHING | {"SECRET_KEY_FALLBACKS": "old, older"})["SECRET_KEY_FALLBACKS"] == ["old", "older"]
