"""Django's engine for the PostgreSQL that comes as a dependency: a connection makes it run."""

from collections.abc import Iterable
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base, client
from psycopg.errors import ConnectionTimeout

from smsreports.embedded_postgres.errors import DatabaseUnavailable
from smsreports.embedded_postgres.server import Server


class DatabaseClient(client.DatabaseClient):
    def runshell(self, parameters: Iterable[str]) -> None:
        """psql connects by itself, so the server must run before."""
        self.connection.ensure_connection()
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """The process counts as a user of the server before it connects: another's exit can't stop it."""
        server = Server.for_data(self.settings_dict["DATA"])
        if server.is_in_use_here:
            try:
                return super().get_new_connection(conn_params)
            except ConnectionTimeout:
                # It is there and suspended. To wait until it runs would hold the thread.
                raise
            except self.Database.OperationalError:
                # It may have died, or been stopped by hand: `acquire` finds out.
                pass
        try:
            server.acquire_use()
        except DatabaseUnavailable as error:
            raise OperationalError(str(error)) from error
        return super().get_new_connection(conn_params)
