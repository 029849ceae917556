"""Django database engine of the embedded PostgreSQL, which starts the server on the first connection."""

from collections.abc import Iterable
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base, client
from psycopg.errors import ConnectionTimeout

from smsreports.embedded_postgres.errors import DatabaseUnavailable
from smsreports.embedded_postgres.server import Server


class DatabaseClient(client.DatabaseClient):
    def runshell(self, parameters: Iterable[str]) -> None:
        """Start the server and run psql, which opens a connection of its own."""
        self.connection.ensure_connection()
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Register this process as a user of the server, then connect. The exit of another user cannot stop it then."""
        server = Server.for_data(self.settings_dict["DATA"])
        if server.is_in_use_here:
            try:
                return super().get_new_connection(conn_params)
            except ConnectionTimeout:
                # The server is suspended. Waiting until it runs again would block the thread.
                raise
            except self.Database.OperationalError:
                # The server may have crashed or been stopped by hand; `acquire_use` starts it again.
                pass
        try:
            server.acquire_use()
        except DatabaseUnavailable as error:
            raise OperationalError(str(error)) from error
        return super().get_new_connection(conn_params)
