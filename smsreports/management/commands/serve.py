"""`manage.py serve`: gunicorn with the project's own configuration."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from smsreports.environment import number
from smsreports.serving.server import serve

# Local means loopback only; in production a proxy in front decides who reaches us.
LOCAL_ADDRESS, EVERY_ADDRESS = "127.0.0.1", "0.0.0.0"  # noqa: S104  behind the operator's proxy


class Command(BaseCommand):
    help = "Serves the site by gunicorn."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="default: PORT, or 8000")
        parser.add_argument("--workers", type=int, help="processes; default: the cores of this machine")

    def handle(self, *, port: int | None, workers: int | None, **options: Any) -> None:
        address = LOCAL_ADDRESS if settings.LOCAL else EVERY_ADDRESS
        port = port or number("PORT", default=8000, least=1, most=65535)
        serve(f"{address}:{port}", workers or os.cpu_count() or 1)
