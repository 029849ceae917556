"""The management commands, run by `manage.py`: an error of the machine or its settings is one line."""

import os
import sys
from io import TextIOWrapper

# As shells report a program that Ctrl-C ended.
INTERRUPTED = 130


def main() -> None:
    """Run the command of `sys.argv`. With `--traceback`, errors keep their tracebacks."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
    if isinstance(sys.stdout, TextIOWrapper):
        # Steps are told when they begin, through pipes as well, and workers inherit no line that was not written.
        sys.stdout.reconfigure(line_buffering=True)
    try:
        _run_command()
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        sys.exit(INTERRUPTED)


def _run_command() -> None:
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import InterfaceError, OperationalError
    except ModuleNotFoundError as fault:
        sys.exit(f"{fault} for {sys.executable}. `make setup` installs everything into .venv; use .venv/bin/python")
    from smsreports.database.errors import DatabaseUnavailable

    if "--traceback" in sys.argv:
        execute_from_command_line(sys.argv)
        return
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:
        sys.exit(f"Configuration: {fault}")
    except DatabaseUnavailable as fault:
        sys.exit(f"Database: {fault}")
    except (OperationalError, InterfaceError) as fault:
        # Ours may end in a part of PostgreSQL's log; libpq's are folded over several lines.
        ours = isinstance(fault.__cause__, DatabaseUnavailable)
        sys.exit(f"Database: {fault if ours else ' '.join(str(fault).split())}")


if __name__ == "__main__":
    main()
