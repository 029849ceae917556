"""`manage.py serve`: runs gunicorn with the project's own configuration."""

import os
from argparse import ArgumentParser
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from smsreports.environment import read_int, read_text
from smsreports.serving.ports import LOOPBACK, MAX_PORT, PortUnavailable, check_port, mark_port, parse_port
from smsreports.serving.server import run_server


class Command(BaseCommand):
    help = "Serve the site with gunicorn."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", help="the IP address to listen on; default: SMSREPORTS_BIND, or 127.0.0.1")
        parser.add_argument("--port", help="default: PORT, or 8000")
        parser.add_argument("--workers", type=int, help="processes; default: the cores of this machine")

    def handle(self, *, port: str | int | None, workers: int | None, bind: str | None = None, **options: Any) -> None:
        address = _parse_address(bind or read_text("SMSREPORTS_BIND", LOOPBACK))
        try:
            port_number = (
                read_int("PORT", default=8000, minimum=1, maximum=MAX_PORT) if port is None else parse_port(str(port))
            )
            check_port(address, port_number, settings.SMSREPORTS_DATA)
        except PortUnavailable as error:
            raise CommandError(str(error)) from None
        mark_port(settings.SMSREPORTS_DATA, port_number)
        host = f"[{address}]" if ":" in address else address
        run_server(f"{host}:{port_number}", workers or os.cpu_count() or 1)


def _parse_address(value: str) -> str:
    """Return the IP address in its shortest form. Raises CommandError."""
    try:
        return str(ip_address(value))
    except ValueError:
        raise CommandError(
            f"{value!r} is no IP address to listen at. Give one of this machine's to --bind or SMSREPORTS_BIND: "
            "127.0.0.1 for this machine alone, 0.0.0.0 for every network"
        ) from None
