"""The command `smsreports`, which `python -m smsreports` and a checkout's `manage.py` are as well."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from django.core.management import execute_from_command_line

from smsreports.installation import NAME, read_version


def main() -> None:
    """Run the management command of `sys.argv`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
    if sys.argv[1:] == ["--version"]:
        # Django would print its own.
        sys.stdout.write(f"{NAME} {read_version()}\n")
        return
    execute_from_command_line(normalize_arguments(sys.argv))


def normalize_arguments(arguments: Sequence[str]) -> list[str]:
    """Return the arguments as Django knows the command: `import-traffic` is `import_traffic`."""
    program, *words = arguments
    if Path(program).name == "__main__.py":
        program = f"python -m {NAME}"
    named = 1 if words[:1] == ["help"] else 0
    if len(words) > named and not words[named].startswith("-"):
        words[named] = words[named].replace("-", "_")
    return [program, *words]


if __name__ == "__main__":
    main()
