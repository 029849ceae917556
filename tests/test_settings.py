"""The settings: required variables in production, and errors that name an invalid variable."""

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
# Variables that must look unset are empty, because a `.env` of the checkout sets those that are missing here.
PRODUCTION = {
    "SMSREPORTS_MODE": "production",
    "DATABASE_URL": "postgres://sms:secret@db.example/sms",
    "SECRET_KEY": "a key of more than fifty characters, with many different ones: 0123456789",
    "ALLOWED_HOSTS": "sms.example",
    "DEBUG": "",
    "SMSREPORTS_DATA": "",
}
LOCAL = PRODUCTION | {"SMSREPORTS_MODE": "local", "DATABASE_URL": "", "ALLOWED_HOSTS": ""}


def load_settings(environment: dict[str, str]) -> dict[str, Any]:
    """Run the settings file with `environment` as the only variables, and return its names."""
    with patch.dict(os.environ, environment, clear=True):
        return runpy.run_path(str(ROOT / "smsreports" / "settings.py"))


def run_check(**changes: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py check` in a process of its own."""
    command = [sys.executable, "manage.py", "check"]
    environment = {"PATH": os.environ["PATH"], **PRODUCTION, **changes}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_production_starts_with_all_required_variables() -> None:
    process = run_check()
    assert (process.returncode, process.stderr) == (0, "")


def test_a_failed_start_names_the_missing_variable() -> None:
    stopped = run_check(DATABASE_URL="")
    assert stopped.returncode != 0
    assert "DATABASE_URL is not set" in stopped.stderr


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS"])
def test_production_requires_the_variable(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{name} is not set"):
        load_settings(PRODUCTION | {name: ""})


def test_the_default_mode_is_production() -> None:
    assert load_settings(PRODUCTION | {"SMSREPORTS_MODE": ""})["MODE"] == "production"


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
def test_an_invalid_value_stops_the_start_and_is_named(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        load_settings(PRODUCTION | {name: value})


@pytest.mark.parametrize("url", ["mysql://sms:secret@db.example/sms", "postgres://sms:secret@db.example:port/sms"])
def test_a_refused_database_url_does_not_show_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as stopped:
        load_settings(PRODUCTION | {"DATABASE_URL": url})
    assert "secret" not in str(stopped.value)


def test_production_uses_the_database_of_the_url() -> None:
    database = load_settings(PRODUCTION)["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["NAME"]) == ("db.example", "sms")


def test_local_mode_uses_the_embedded_database_and_loopback() -> None:
    values = load_settings(LOCAL)
    assert values["DATABASES"]["default"]["ENGINE"] == "smsreports.embedded_postgres"
    assert values["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]


def test_a_checkout_keeps_its_data_and_its_settings_beside_manage_py(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    values = load_settings(LOCAL)
    assert (values["HOME"], values["SMSREPORTS_DATA"]) == (ROOT, ROOT / ".data")


def test_a_named_home_replaces_the_checkout(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SMSREPORTS_RATE_LIMIT=77\n")
    values = load_settings(LOCAL | {"SMSREPORTS_HOME": str(tmp_path)})
    assert (values["HOME"], values["SMSREPORTS_DATA"], values["RATE_LIMIT"]) == (tmp_path, tmp_path / ".data", 77)


def test_a_home_that_is_a_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="SMSREPORTS_HOME"):
        load_settings(LOCAL | {"SMSREPORTS_HOME": str(tmp_path / "file")})


def test_debug_is_off_by_default_in_both_modes() -> None:
    assert [load_settings(mode)["DEBUG"] for mode in (PRODUCTION, LOCAL)] == [False, False]
    assert [load_settings(mode | {"DEBUG": "on"})["DEBUG"] for mode in (PRODUCTION, LOCAL)] == [True, True]


def test_both_modes_have_the_same_apps_and_middleware() -> None:
    production, local = load_settings(PRODUCTION), load_settings(LOCAL)
    for name in ("INSTALLED_APPS", "MIDDLEWARE", "REST_FRAMEWORK", "CONTENT_SECURITY_POLICY", "DIALECTS"):
        assert production[name] == local[name]


def test_production_requires_https_and_local_mode_does_not() -> None:
    secure = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")
    assert all(load_settings(PRODUCTION)[name] for name in secure)
    assert not any(load_settings(LOCAL)[name] for name in secure)


def test_limits_are_settings() -> None:
    values = load_settings(PRODUCTION | {"SMSREPORTS_EXPORT_LIMIT": "10", "SMSREPORTS_RATE_LIMIT": "20"})
    assert (values["EXPORT_LIMIT"], values["RATE_LIMIT"]) == (10, 20)


def test_only_declared_proxies_are_trusted() -> None:
    assert load_settings(PRODUCTION)["PROXIES"] == []
    declared = load_settings(PRODUCTION | {"SMSREPORTS_PROXIES": "127.0.0.1, fd00::/8"})["PROXIES"]
    assert declared == [ip_network("127.0.0.1"), ip_network("fd00::/8")]


def test_the_error_explains_the_former_number_of_proxies() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SMSREPORTS_PROXIES is '1'.* networks.* 10\.0\.0\.0/8"):
        load_settings(PRODUCTION | {"SMSREPORTS_PROXIES": "1"})


def test_the_ssl_header_requires_a_trusted_proxy() -> None:
    header = {"PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO=https"}
    with pytest.raises(ImproperlyConfigured, match=r"PROXY_SSL_HEADER.*SMSREPORTS_PROXIES"):
        load_settings(PRODUCTION | header)
    values = load_settings(PRODUCTION | header | {"SMSREPORTS_PROXIES": "127.0.0.1"})
    assert values["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_former_secret_keys_are_a_list() -> None:
    values = load_settings(PRODUCTION | {"SECRET_KEY_FALLBACKS": "old, older"})
    assert values["SECRET_KEY_FALLBACKS"] == ["old", "older"]
