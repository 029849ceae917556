"""`manage.py serve`: gunicorn with the project's own configuration."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from smsreports.environment import number
from smsreports.serving.ports import LOOPBACK, MAX_PORT, PortUnavailable, check_port, mark_port, parse_port
from smsreports.serving.server import serve

# Local means loopback only; in production a proxy in front decides who reaches us.
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  behind the operator's proxy


class Command(BaseCommand):
    help = "Serves the site by gunicorn."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", help="default: PORT, or 8000")
        parser.add_argument("--workers", type=int, help="processes; default: the cores of this machine")

    def handle(self, *, port: str | int | None, workers: int | None, **options: Any) -> None:
        address = LOOPBACK if settings.LOCAL else EVERY_ADDRESS
        try:
            listening = number("PORT", default=8000, least=1, most=MAX_PORT) if port is None else parse_port(str(port))
            check_port(address, listening, settings.SMSREPORTS_DATA)
        except PortUnavailable as fault:
            raise CommandError(str(fault)) from None
        mark_port(settings.SMSREPORTS_DATA, listening)
        serve(f"{address}:{listening}", workers or os.cpu_count() or 1)
