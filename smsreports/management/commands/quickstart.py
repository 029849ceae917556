"""`manage.py quickstart`: everything from an empty folder to a local server with demo traffic; `make run` is this."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from smsreports.__main__ import INTERRUPTED
from smsreports.database import ENGINE
from smsreports.demo.management.commands.demo import add_size_arguments
from smsreports.embedded_postgres import cluster, locks
from smsreports.embedded_postgres.errors import ADVICE
from smsreports.embedded_postgres.layout import Layout
from smsreports.serving.ports import LOOPBACK, PortUnavailable, check_port, parse_port

# Held while tables, traffic and login are made: a second run waits.
LOCK = "quickstart.lock"


class Command(BaseCommand):
    help = (
        "Makes the tables, demo traffic of up to now, an API key and a staff login, and serves. What is there is kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", default="8000", help="default 8000")
        add_size_arguments(parser)

    def handle(self, *, port: str, messages: int, sends: int, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("quickstart makes logins that are printed; it is for SMSREPORTS_MODE=local alone")
        try:
            number = parse_port(port)
            self._check_port(number)
            with self._turn_of_this_run():
                # The run before may have been started at the same port.
                self._check_port(number)
                self._make_tables()
                call_command(
                    "demo", "--continue", messages=messages, sends=sends, stdout=self.stdout, stderr=self.stderr
                )
                call_command("welcome", port=number, stdout=self.stdout)
        except PortUnavailable as fault:
            raise CommandError(str(fault)) from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted. The next run continues.", returncode=INTERRUPTED) from None
        # The server's processes connect by themselves. This one stays a user of the bundled PostgreSQL.
        connections.close_all()
        call_command("serve", port=number)

    def _check_port(self, port: int) -> None:
        check_port(LOOPBACK, port, settings.SMSREPORTS_DATA)

    @contextmanager
    def _turn_of_this_run(self) -> Iterator[None]:
        lock = settings.SMSREPORTS_DATA / LOCK
        try:
            cluster.ensure_data_folder(Layout.of(settings.SMSREPORTS_DATA))
            is_free = locks.unused(lock)
        except OSError as fault:
            raise CommandError(
                f"This user cannot keep data in {settings.SMSREPORTS_DATA} ({fault}): {ADVICE}"
            ) from None
        if not is_free:
            self.stdout.write("Another run is preparing this folder; waiting for it.")
        with locks.exclusive(lock):
            yield

    def _make_tables(self) -> None:
        is_embedded = settings.DATABASES["default"]["ENGINE"] == ENGINE
        if is_embedded and not Layout.of(settings.SMSREPORTS_DATA).postgres.exists():
            self.stdout.write(f"Making a database in {settings.SMSREPORTS_DATA}.")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Making the tables.")
            call_command("migrate", verbosity=0, interactive=False)
