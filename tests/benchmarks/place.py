"""The database of the measurements: one of its own, on the server that the project is configured for."""

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
NAME = "bench_smsreports"
# Where one connects to make and drop databases.
MAINTENANCE = "postgres"
# Any number of our own: two runs at once would measure each other.
ALONE = 20_060_213


def configured() -> str:
    """The DATABASE_URL of our database, on the configured server or the embedded one, which it starts."""
    environ.Env.read_env(ROOT / ".env")
    return in_database(read_text("DATABASE_URL", "") or _embedded(), NAME)


def in_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _embedded() -> str:
    server = Server.for_data(Path(read_text("SMSREPORTS_DATA", str(ROOT / ".data"))).expanduser())
    server.acquire_use()
    entry = conninfo_to_dict(server.conninfo())
    return f"postgres://{entry['user']}@{quote(str(server.layout.socket), safe='')}:{PORT}/{entry['dbname']}"


def say(what: str) -> None:
    """Progress: on standard error, so that standard output holds the result alone."""
    sys.stderr.write(f"{what}\n")
    sys.stderr.flush()


@dataclass(frozen=True)
class Place:
    """A database of ours, by its DATABASE_URL."""

    url: str

    @property
    def name(self) -> str:
        return urlsplit(self.url).path.removeprefix("/")

    def beside(self, suffix: str) -> Place:
        """Another one on the same server."""
        return Place(in_database(self.url, f"{NAME}_{suffix}"))

    @contextmanager
    def of_django(self) -> Iterator[None]:
        """While the models of this process are in this database."""
        settings, before = connections["default"].settings_dict, connections["default"].settings_dict["NAME"]
        connections["default"].close()
        settings["NAME"] = self.name
        try:
            yield
        finally:
            connections["default"].close()
            settings["NAME"] = before

    def connect(self, **options: Any) -> psycopg.Connection:
        return psycopg.connect(self._libpq(self.name), autocommit=True, **options)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other run uses the database."""
        with self._maintenance() as connection:
            (free,) = connection.execute("SELECT pg_try_advisory_lock(%s)", [ALONE]).fetchone() or (False,)
            if not free:
                raise SystemExit(f"Another run uses {self.name} on this server.")
            yield

    def exists(self) -> bool:
        with self._maintenance() as connection:
            return bool(connection.execute("SELECT FROM pg_database WHERE datname = %s", [self.name]).rowcount)

    def make(self) -> None:
        self.drop()
        with self._maintenance() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))

    def drop(self) -> None:
        with self._maintenance() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))

    def for_programs(self) -> tuple[str, dict[str, str]]:
        """What a program on libpq connects by, and its environment: there the password, which arguments would show."""
        parts = urlsplit(self._libpq(self.name))
        secret = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
        shown = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@"))
        return urlunsplit(shown), dict(os.environ) | secret

    def _maintenance(self) -> psycopg.Connection:
        return psycopg.connect(self._libpq(MAINTENANCE), autocommit=True)

    def _libpq(self, name: str) -> str:
        """libpq knows fewer names of the scheme than DATABASE_URL may have."""
        return urlunsplit(urlsplit(in_database(self.url, name))._replace(scheme="postgresql"))
