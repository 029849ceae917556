"""`manage.py database`: starts, stops and shows the embedded PostgreSQL."""

import shlex
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from smsreports.database import ENGINE
from smsreports.embedded_postgres.errors import DatabaseUnavailable
from smsreports.embedded_postgres.server import Server, ServerStatus

NOT_OURS = "DATABASE_URL is set: this command starts and stops only the embedded PostgreSQL."
# Exit status of init scripts for a service that is not running.
NOT_RUNNING = 3


class Command(BaseCommand):
    help = "Start, stop or show the embedded PostgreSQL, which is used if DATABASE_URL is not set."
    # System checks may need the database, which may not work.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=("start", "stop", "status"))

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        database = settings.DATABASES["default"]
        if database["ENGINE"] != ENGINE:
            if action != "status":
                raise CommandError(NOT_OURS)
            self.stdout.write(NOT_OURS)
            return
        actions = {"start": self._start, "stop": self._stop, "status": self._show_status}
        try:
            actions[action](Server.for_data(database["DATA"]))
        except DatabaseUnavailable as error:
            raise CommandError(str(error)) from error

    def _start(self, server: Server) -> None:
        server.start()
        self.stdout.write("It runs until the command `database stop`.")
        self._describe(server)

    def _stop(self, server: Server) -> None:
        if server.stop():
            users = ", ".join(map(_describe_process, server.list_users())) or "another process"
            self.stdout.write(
                f"Stopped for now: it is used by {users}, and the next query starts it again. End that first."
            )
        else:
            self.stdout.write("Stopped.")

    def _show_status(self, server: Server) -> None:
        status = server.status()
        self.stdout.write(f"PostgreSQL is {status.name.lower()}.")
        self._describe(server)
        if status is not ServerStatus.RUNNING:
            raise SystemExit(NOT_RUNNING)

    def _describe(self, server: Server) -> None:
        self.stdout.write(f"Data: {server.layout.data}\nConnect: psql {shlex.quote(server.conninfo())}")


def _describe_process(process: int) -> str:
    """Return the id and the command line of a process; without /proc, the id alone."""
    try:
        arguments = Path(f"/proc/{process}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return f"process {process}"
    return f"process {process} ({' '.join(arguments).strip()})"
