"""`manage.py quickstart`: prepares an empty folder and starts a local server with demo traffic. `make run` calls it."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from smsreports.__main__ import INTERRUPTED_EXIT_CODE
from smsreports.database import ENGINE
from smsreports.demo.management.commands.demo import add_size_arguments
from smsreports.embedded_postgres import cluster, locks
from smsreports.embedded_postgres.errors import ADVICE
from smsreports.embedded_postgres.layout import Layout
from smsreports.serving.ports import LOOPBACK, PortUnavailable, check_port, parse_port

# Lock file while tables, demo traffic and login are made. A second run waits for it.
LOCK_FILE = "quickstart.lock"


class Command(BaseCommand):
    help = "Create the tables, demo traffic up to now, an API key and a staff login, and serve. Existing data is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", default="8000", help="default 8000")
        add_size_arguments(parser)

    def handle(self, *, port: str, messages: int, sends: int, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("quickstart prints the logins that it creates; it works with SMSREPORTS_MODE=local only")
        try:
            port_number = parse_port(port)
            check_port(LOOPBACK, port_number, settings.SMSREPORTS_DATA)
            with self._preparation_lock():
                # The run that held the lock may use the same port.
                check_port(LOOPBACK, port_number, settings.SMSREPORTS_DATA)
                self._migrate()
                call_command(
                    "demo", "--continue", messages=messages, sends=sends, stdout=self.stdout, stderr=self.stderr
                )
                call_command("welcome", port=port_number, stdout=self.stdout)
        except PortUnavailable as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted. The next run continues.", returncode=INTERRUPTED_EXIT_CODE) from None
        # The server's processes open their own connections. This process still counts as a user of the embedded
        # PostgreSQL, which therefore keeps running.
        connections.close_all()
        call_command("serve", port=port_number)

    @contextmanager
    def _preparation_lock(self) -> Iterator[None]:
        """Wait until no other run prepares the same data folder. Raises CommandError if it cannot be written to."""
        lock = settings.SMSREPORTS_DATA / LOCK_FILE
        try:
            cluster.ensure_data_folder(Layout.for_data(settings.SMSREPORTS_DATA))
            is_free = locks.is_unused(lock)
        except OSError as error:
            raise CommandError(
                f"This user cannot keep data in {settings.SMSREPORTS_DATA} ({error}): {ADVICE}"
            ) from None
        if not is_free:
            self.stdout.write("Another run is preparing this folder; waiting for it.")
        with locks.hold_exclusive(lock):
            yield

    def _migrate(self) -> None:
        is_embedded = settings.DATABASES["default"]["ENGINE"] == ENGINE
        if is_embedded and not Layout.for_data(settings.SMSREPORTS_DATA).postgres.exists():
            self.stdout.write(f"Making a database in {settings.SMSREPORTS_DATA}.")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Making the tables.")
            call_command("migrate", verbosity=0, interactive=False)
