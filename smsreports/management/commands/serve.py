"""`manage.py serve`: gunicorn with the project's own configuration."""

import os
from argparse import ArgumentParser
from ipaddress import ip_address
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from smsreports.environment import number, text
from smsreports.serving.server import serve

# Whoever wants to be reached from other machines says so.
LOOPBACK = "127.0.0.1"


class Command(BaseCommand):
    help = "Serves the site by gunicorn."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", help="the IP address to listen at; default: SMSREPORTS_BIND, or 127.0.0.1")
        parser.add_argument("--port", type=int, help="default: PORT, or 8000")
        parser.add_argument("--workers", type=int, help="processes; default: the cores of this machine")

    def handle(self, *, bind: str | None, port: int | None, workers: int | None, **options: Any) -> None:
        address = _listening_address(bind or text("SMSREPORTS_BIND", LOOPBACK))
        port = port or number("PORT", default=8000, least=1, most=65535)
        serve(f"{address}:{port}", workers or os.cpu_count() or 1)


def _listening_address(value: str) -> str:
    """Return the address as it stands before a port."""
    try:
        address = ip_address(value)
    except ValueError:
        raise CommandError(
            f"{value!r} is no IP address to listen at. Give one of this machine's to --bind or SMSREPORTS_BIND: "
            "127.0.0.1 for this machine alone, 0.0.0.0 for every network"
        ) from None
    return f"[{address}]" if address.version == 6 else str(address)
