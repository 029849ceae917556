"""Database configuration: DATABASE_URL, or the embedded PostgreSQL without one."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from smsreports.embedded_postgres.layout import NAME, PORT, Layout

# Django finds `base.DatabaseWrapper` under this name.
ENGINE = "smsreports.embedded_postgres"
SCHEMES = ("postgres", "postgresql", "psql", "pgsql")
# Seconds that a worker keeps its connection: opening one can take as long as a whole request.
CONNECTION_SECONDS = 60
# libpq options, in seconds (`tcp_user_timeout` in milliseconds), which the URL may override. They detect a server that
# does not accept a connection, or vanished while it sent or received. TCP alone would take two minutes, two hours and a
# quarter of an hour.
CONNECT: dict[str, str | int] = {"connect_timeout": 5}
CONNECT_OPTIONS = CONNECT | {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

# One of Django's DATABASES: text, numbers, switches, and a mapping of options.
DatabaseConfig = dict[str, Any]


def build_database_config(url: str | None, data: Path) -> DatabaseConfig:
    """Return Django's `DATABASES["default"]` for `url`, or for the embedded server in the folder `data`.

    Nothing is created or started before the first connection. Raises ImproperlyConfigured for an invalid URL.
    """
    config: DatabaseConfig = {"CONN_MAX_AGE": CONNECTION_SECONDS, "CONN_HEALTH_CHECKS": True}
    return config | (_parse_url(url) if url else _build_embedded_config(data))


def set_statement_timeout(config: DatabaseConfig, seconds: int) -> None:
    """Limit every statement of this process to `seconds`, unless the URL sets another limit.

    It is sent as a connection option, which needs no query. Call this before the first connection.
    """
    options = config.setdefault("OPTIONS", {})
    options["options"] = f"-c statement_timeout={seconds}s {options.get('options', '')}".rstrip()


def _parse_url(url: str) -> DatabaseConfig:
    """Return the settings of a URL. The error never repeats the URL, which contains a password."""
    if url.partition("://")[0] not in SCHEMES:
        raise ImproperlyConfigured(f"DATABASE_URL must name a PostgreSQL: {' or '.join(SCHEMES)}, then ://")
    try:
        config: DatabaseConfig = environ.Env.db_url_config(url, engine="django.db.backends.postgresql")
        if "," in config["HOST"]:
            config |= _parse_hosts(url)
    except ValueError:
        config = {}
    if not config.get("NAME"):
        raise ImproperlyConfigured("DATABASE_URL is not of the form postgres://user:password@host:5432/name")
    # A socket directory is percent-encoded in place of the host: postgres://user@%2Frun%2Fpostgresql/name
    config["HOST"] = unquote(config["HOST"])
    config["OPTIONS"] = CONNECT_OPTIONS | config.get("OPTIONS", {})
    return config


def _parse_hosts(url: str) -> dict[str, str]:
    """Return HOST and PORT in libpq's form, with a port for each host of postgres://user@a:5432,b:5433/name.

    django-environ drops omitted ports, and libpq would then use one port for all hosts.
    """
    hosts, ports = [], []
    for host_and_port in urlsplit(url).netloc.rpartition("@")[2].split(","):
        parts = urlsplit(f"//{host_and_port}")
        hosts.append(parts.hostname or "")
        ports.append(str(parts.port or PORT))
    return {"HOST": ",".join(hosts), "PORT": ",".join(ports)}


def _build_embedded_config(data: Path) -> DatabaseConfig:
    layout = Layout.for_data(data)
    return {
        "ENGINE": ENGINE,
        "NAME": NAME,
        "USER": NAME,
        "HOST": str(layout.socket),
        "PORT": PORT,
        "OPTIONS": dict(CONNECT),
        # For `base.DatabaseWrapper`, which starts the server.
        "DATA": str(layout.data),
    }
