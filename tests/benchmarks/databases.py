"""Databases of the benchmarks, on the configured PostgreSQL server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import environ
import psycopg
from django.db import connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from smsreports.embedded_postgres.layout import PORT
from smsreports.embedded_postgres.server import Server
from smsreports.environment import read_text

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE_NAME = "bench_smsreports"
# Database for connections that create and drop others.
MAINTENANCE_DATABASE = "postgres"
# Arbitrary id of an advisory lock: two concurrent runs would disturb each other.
LOCK_ID = 20_060_213


def read_configured_url() -> str:
    """Return the DATABASE_URL of the benchmark database on the configured server; start the embedded one if needed."""
    environ.Env.read_env(ROOT / ".env")
    return with_database_name(read_text("DATABASE_URL", "") or _embedded_url(), DATABASE_NAME)


def with_database_name(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _embedded_url() -> str:
    server = Server.for_data(Path(read_text("SMSREPORTS_DATA", str(ROOT / ".data"))).expanduser())
    server.acquire_use()
    entry = conninfo_to_dict(server.conninfo())
    return f"postgres://{entry['user']}@{quote(str(server.layout.socket), safe='')}:{PORT}/{entry['dbname']}"


def log_progress(text: str) -> None:
    """Write to standard error; standard output has only the result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@dataclass(frozen=True)
class Database:
    """Database of the benchmarks, given by its DATABASE_URL."""

    url: str

    @property
    def name(self) -> str:
        return urlsplit(self.url).path.removeprefix("/")

    def sibling(self, suffix: str) -> Database:
        """Return another benchmark database on the same server."""
        return Database(with_database_name(self.url, f"{DATABASE_NAME}_{suffix}"))

    @contextmanager
    def use_in_django(self) -> Iterator[None]:
        """Connect Django's models to this database for the duration."""
        settings, before = connections["default"].settings_dict, connections["default"].settings_dict["NAME"]
        connections["default"].close()
        settings["NAME"] = self.name
        try:
            yield
        finally:
            connections["default"].close()
            settings["NAME"] = before

    def connect(self, **options: Any) -> psycopg.Connection:
        return psycopg.connect(self._libpq_url(self.name), autocommit=True, **options)

    @contextmanager
    def exclusive_lock(self) -> Iterator[None]:
        """Hold an advisory lock. Raises SystemExit when another run has it."""
        with self._maintenance() as connection:
            (is_locked,) = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_ID]).fetchone() or (False,)
            if not is_locked:
                raise SystemExit(f"Another run uses {self.name} on this server.")
            yield

    def exists(self) -> bool:
        with self._maintenance() as connection:
            return bool(connection.execute("SELECT FROM pg_database WHERE datname = %s", [self.name]).rowcount)

    def create(self) -> None:
        self.drop()
        with self._maintenance() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))

    def drop(self) -> None:
        with self._maintenance() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))

    def build_libpq_arguments(self) -> tuple[str, dict[str, str]]:
        """Return a URL without password for a libpq program, and its environment with the password."""
        parts = urlsplit(self._libpq_url(self.name))
        secret = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
        public = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@"))
        return urlunsplit(public), dict(os.environ) | secret

    def _maintenance(self) -> psycopg.Connection:
        return psycopg.connect(self._libpq_url(MAINTENANCE_DATABASE), autocommit=True)

    def _libpq_url(self, name: str) -> str:
        """Return the URL with the scheme `postgresql`: libpq accepts fewer schemes than DATABASE_URL."""
        return urlunsplit(urlsplit(with_database_name(self.url, name))._replace(scheme="postgresql"))
