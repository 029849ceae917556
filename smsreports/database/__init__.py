"""Where the data is: DATABASE_URL, or the PostgreSQL that comes as a dependency."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from smsreports.embedded_postgres.layout import NAME, PORT, Layout

# Django finds `base.DatabaseWrapper` under this name.
ENGINE = "smsreports.embedded_postgres"
SCHEMES = ("postgres", "postgresql", "psql", "pgsql")
# Seconds that a worker keeps its connection: opening one can cost as much as a whole answer.
CONNECTION_SECONDS = 60
# libpq's, in seconds, unless the URL says otherwise: a server that does not take a connection, or vanished in the
# middle of an answer or of a question, is told as a pause soon, and not after the two minutes, two hours and quarter of
# an hour that TCP would wait. `tcp_user_timeout` is in milliseconds.
CONNECT = {"connect_timeout": 5}
CONNECT_OPTIONS = CONNECT | {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def build_database_config(url: str | None, data: Path) -> dict[str, Any]:
    """Django's `DATABASES["default"]`. Nothing is made or started before somebody connects."""
    kept = {"CONN_MAX_AGE": CONNECTION_SECONDS, "CONN_HEALTH_CHECKS": True}
    return kept | (_config_from_url(url) if url else _embedded_config(data))


def set_statement_timeout(config: dict[str, Any], seconds: int) -> None:
    """Lets no statement of this process run for longer, unless the URL says otherwise: told to the server with the
    connection, it costs nothing. To be called before the first one."""
    options = config.setdefault("OPTIONS", {})
    options["options"] = f"-c statement_timeout={seconds}s {options.get('options', '')}".rstrip()


def _config_from_url(url: str) -> dict[str, Any]:
    """A refusal repeats nothing of the URL: there is a password in it."""
    if url.partition("://")[0] not in SCHEMES:
        raise ImproperlyConfigured(f"DATABASE_URL must name a PostgreSQL: {' or '.join(SCHEMES)}, then ://")
    try:
        found: dict[str, Any] = environ.Env.db_url_config(url, engine="django.db.backends.postgresql")
        if "," in found["HOST"]:
            found |= _several_hosts(url)
    except ValueError:
        found = {}
    if not found.get("NAME"):
        raise ImproperlyConfigured("DATABASE_URL is not of the form postgres://user:password@host:5432/name")
    # A socket directory stands percent-encoded where a host would: postgres://user@%2Frun%2Fpostgresql/name
    found["HOST"] = unquote(found["HOST"])
    found["OPTIONS"] = CONNECT_OPTIONS | found.get("OPTIONS", {})
    return found


def _several_hosts(url: str) -> dict[str, str]:
    """Return HOST and PORT as libpq takes them, a port for each host: postgres://user@a:5432,b:5433/name.

    django-environ drops the ports that are left out, and libpq would then take one port for all hosts.
    """
    hosts, ports = [], []
    for each in urlsplit(url).netloc.rpartition("@")[2].split(","):
        one = urlsplit(f"//{each}")
        hosts.append(one.hostname or "")
        ports.append(str(one.port or PORT))
    return {"HOST": ",".join(hosts), "PORT": ",".join(ports)}


def _embedded_config(data: Path) -> dict[str, Any]:
    layout = Layout.of(data)
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
