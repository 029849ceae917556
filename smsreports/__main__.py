"""The command `smsreports`, which `python -m smsreports` and a checkout's `manage.py` are as well."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

# As shells report a program that Ctrl-C ended.
INTERRUPTED = 130


def main() -> None:
    """Run the management command of `sys.argv`. An error of the machine or its settings is one line; `--traceback`
    shows where it came from."""
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

        from smsreports.embedded_postgres.errors import DatabaseUnavailable
        from smsreports.installation import NAME, read_version
    except ModuleNotFoundError as fault:
        sys.exit(f"{fault} for {sys.executable}. `make setup` installs everything into .venv; use .venv/bin/python")
    if sys.argv[1:] == ["--version"]:
        # Django would print its own.
        sys.stdout.write(f"{NAME} {read_version()}\n")
        return
    arguments = normalize_arguments(sys.argv)
    if "--traceback" in arguments:
        execute_from_command_line(arguments)
        return
    try:
        execute_from_command_line(arguments)
    except ImproperlyConfigured as fault:
        sys.exit(f"Configuration: {fault}")
    except DatabaseUnavailable as fault:
        sys.exit(f"Database: {fault}")
    except (OperationalError, InterfaceError) as fault:
        # Ours may end in a part of PostgreSQL's log; libpq's are folded over several lines.
        ours = isinstance(fault.__cause__, DatabaseUnavailable)
        sys.exit(f"Database: {fault if ours else ' '.join(str(fault).split())}")


def normalize_arguments(arguments: Sequence[str]) -> list[str]:
    """Return the arguments as Django knows the command: `import-traffic` is `import_traffic`."""
    program, *words = arguments
    if Path(program).name == "__main__.py":
        program = "python -m smsreports"
    named = 1 if words[:1] == ["help"] else 0
    if len(words) > named and not words[named].startswith("-"):
        words[named] = words[named].replace("-", "_")
    return [program, *words]


if __name__ == "__main__":
    main()
