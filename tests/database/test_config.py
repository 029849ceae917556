"""The database configuration of the settings."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from smsreports.database import CONNECT_OPTIONS, build_database_config, set_statement_timeout


def test_a_url_becomes_the_configuration(tmp_path: Path) -> None:
    config = build_database_config("postgres://me:p%40ss@db.example:5433/sms?sslmode=require", tmp_path)
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert [config[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "sms", "me", "p@ss", "db.example", 5433,
    ]  # fmt: skip
    assert config["OPTIONS"] == CONNECT_OPTIONS | {"sslmode": "require"}
    assert config["CONN_HEALTH_CHECKS"] is True


def test_options_of_the_url_override_the_defaults(tmp_path: Path) -> None:
    config = build_database_config("postgres://db.example/sms?connect_timeout=60", tmp_path)
    assert config["OPTIONS"] == CONNECT_OPTIONS | {"connect_timeout": 60}


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ("a,b", ("a,b", "5432,5432")),
        ("a:5433,b", ("a,b", "5433,5432")),
        ("a:5433,b:5434", ("a,b", "5433,5434")),
        ("[::1]:5433,[::2]", ("::1,::2", "5433,5432")),
        ("%2Frun%2FPg,b", ("/run/Pg,b", "5432,5432")),
    ],
)
def test_a_url_may_name_several_hosts_with_their_ports(tmp_path: Path, hosts: str, expected: tuple[str, str]) -> None:
    config = build_database_config(f"postgres://me:p%40,ss@{hosts}/sms?target_session_attrs=read-write", tmp_path)
    assert (config["HOST"], config["PORT"]) == expected
    assert (config["USER"], config["PASSWORD"], config["NAME"]) == ("me", "p@,ss", "sms")
    assert config["OPTIONS"]["target_session_attrs"] == "read-write"


def test_without_a_url_it_is_the_embedded_server_and_nothing_is_created(tmp_path: Path) -> None:
    config = build_database_config(None, tmp_path / "data")
    assert config["ENGINE"] == "smsreports.embedded_postgres"
    assert config["HOST"] == str(tmp_path / "data" / "socket")
    assert config["CONN_MAX_AGE"] > 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["long" * 30, "two,hosts"])
def test_a_path_unfit_for_a_socket_gets_a_folder_elsewhere(tmp_path: Path, name: str) -> None:
    host, again = (build_database_config(None, tmp_path / name)["HOST"] for _ in range(2))
    assert host == again
    assert not Path(host).is_relative_to(tmp_path)
    assert build_database_config(None, tmp_path / f"{name}2")["HOST"] != host


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:secret@host/sms",
        "sqlite:///sms.db",
        "postgis://me:secret@host/sms",
        "host=db.example password=secret",
        "postgres://me:secret@host",
        "postgres://me:sec/ret@host/sms",
        "postgres://me:secret@a:port,b/sms",
        "postgres://me:secret@a,b:99999/sms",
    ],
)
def test_an_invalid_url_is_refused_without_being_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as error:
        build_database_config(url, tmp_path)
    assert "sec" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("postgres://a@b/c", "-c statement_timeout=30s"),
        ("postgres://a@b/c?options=-c%20statement_timeout%3D5s", "-c statement_timeout=30s -c statement_timeout=5s"),
    ],
)
def test_the_statement_timeout_can_be_overridden_by_the_url(url: str, options: str, tmp_path: Path) -> None:
    config = build_database_config(url, tmp_path)
    assert "options" not in config["OPTIONS"] or "30s" not in config["OPTIONS"]["options"]
    set_statement_timeout(config, 30)
    assert config["OPTIONS"]["options"] == options
