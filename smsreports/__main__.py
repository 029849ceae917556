"""Entry point of the command `smsreports`, of `python -m smsreports` and of a checkout's `manage.py`."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

# Exit code of a program that Ctrl-C ended, as in shells.
INTERRUPTED_EXIT_CODE = 130


def main() -> None:
    """Run the management command in `sys.argv`.

    An error of the configuration or the database is printed as one line; `--traceback` prints the traceback.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
    if isinstance(sys.stdout, TextIOWrapper):
        # Lines appear immediately in pipes as well, and forked workers inherit no unwritten lines.
        sys.stdout.reconfigure(line_buffering=True)
    try:
        _run_command()
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        sys.exit(INTERRUPTED_EXIT_CODE)


def _run_command() -> None:
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import InterfaceError, OperationalError

        from smsreports.embedded_postgres.errors import DatabaseUnavailable
        from smsreports.installation import NAME, read_version
    except ModuleNotFoundError as error:
        sys.exit(f"{error} for {sys.executable}. `make setup` installs everything into .venv; use .venv/bin/python")
    if sys.argv[1:] == ["--version"]:
        # Django would print its own version.
        sys.stdout.write(f"{NAME} {read_version()}\n")
        return
    arguments = normalize_arguments(sys.argv)
    if "--traceback" in arguments:
        execute_from_command_line(arguments)
        return
    try:
        execute_from_command_line(arguments)
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration: {error}")
    except DatabaseUnavailable as error:
        sys.exit(f"Database: {error}")
    except (OperationalError, InterfaceError) as error:
        # Messages of libpq have several lines and are joined. Those of the embedded server may end in lines of its log.
        is_embedded = isinstance(error.__cause__, DatabaseUnavailable)
        sys.exit(f"Database: {error if is_embedded else ' '.join(str(error).split())}")


def normalize_arguments(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the command in Django's spelling: `import-traffic` becomes `import_traffic`."""
    program, *words = arguments
    if Path(program).name == "__main__.py":
        program = "python -m smsreports"
    position = 1 if words[:1] == ["help"] else 0
    if len(words) > position and not words[position].startswith("-"):
        words[position] = words[position].replace("-", "_")
    return [program, *words]


if __name__ == "__main__":
    main()
