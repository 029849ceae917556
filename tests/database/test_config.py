"""Which database the settings get."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from smsreports.database import CONNECT_OPTIONS, build_database_config, set_statement_timeout


def test_a_url_is_used_as_it_is(tmp_path: Path) -> None:
    found = build_database_config("postgres://me:p%40ss@db.example:5433/sms?sslmode=require", tmp_path)
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert [found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "sms", "me", "p@ss", "db.example", 5433,
    ]  # fmt: skip
    assert found["OPTIONS"] == CONNECT_OPTIONS | {"sslmode": "require"}
    assert found["CONN_HEALTH_CHECKS"] is True


def test_the_url_says_how_long_to_wait_for_the_server(tmp_path: Path) -> None:
    found = build_database_config("postgres://db.example/sms?connect_timeout=60", tmp_path)
    assert found["OPTIONS"] == CONNECT_OPTIONS | {"connect_timeout": 60}


@pytest.mark.parametrize(
    ("hosts", "found"),
    [
        ("a,b", ("a,b", "5432,5432")),
        ("a:5433,b", ("a,b", "5433,5432")),
        ("a:5433,b:5434", ("a,b", "5433,5434")),
        ("[::1]:5433,[::2]", ("::1,::2", "5433,5432")),
        ("%2Frun%2FPg,b", ("/run/Pg,b", "5432,5432")),
    ],
)
def test_a_url_may_name_several_hosts_each_with_its_port(tmp_path: Path, hosts: str, found: tuple[str, str]) -> None:
    read = build_database_config(f"postgres://me:p%40,ss@{hosts}/sms?target_session_attrs=read-write", tmp_path)
    assert (read["HOST"], read["PORT"]) == found
    assert (read["USER"], read["PASSWORD"], read["NAME"]) == ("me", "p@,ss", "sms")
    assert read["OPTIONS"]["target_session_attrs"] == "read-write"


def test_without_a_url_it_is_the_embedded_one_and_nothing_is_made(tmp_path: Path) -> None:
    found = build_database_config(None, tmp_path / "data")
    assert found["ENGINE"] == "smsreports.embedded_postgres"
    assert found["HOST"] == str(tmp_path / "data" / "socket")
    assert found["CONN_MAX_AGE"] > 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["long" * 30, "two,hosts"])
def test_a_path_that_is_no_socket_address_gets_one_elsewhere(tmp_path: Path, name: str) -> None:
    found, again = (build_database_config(None, tmp_path / name)["HOST"] for _ in range(2))
    assert found == again
    assert not Path(found).is_relative_to(tmp_path)
    assert build_database_config(None, tmp_path / f"{name}2")["HOST"] != found


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
def test_any_other_url_is_refused_by_name_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refusal:
        build_database_config(url, tmp_path)
    assert "sec" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgres://a@b/c", "-c statement_timeout=30s"),
        ("postgres://a@b/c?options=-c%20statement_timeout%3D5s", "-c statement_timeout=30s -c statement_timeout=5s"),
    ],
)
def test_those_who_serve_bound_their_statements_unless_the_url_does(url: str, told: str, tmp_path: Path) -> None:
    found = build_database_config(url, tmp_path)
    assert "options" not in found["OPTIONS"] or "30s" not in found["OPTIONS"]["options"]
    set_statement_timeout(found, 30)
    assert found["OPTIONS"]["options"] == told
