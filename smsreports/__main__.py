"""The command `smsreports`, which `python -m smsreports` and a checkout's `manage.py` are as well."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from django.core.management import execute_from_command_line

from smsreports.installation import NAME, read_version


def main() -> None:
    """Run a management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
    program, *arguments = sys.argv
    if arguments == ["--version"]:
        # Django would print its own.
        sys.stdout.write(f"{NAME} {read_version()}\n")
        return
    if Path(program).name == "__main__.py":
        program = f"python -m {NAME}"
    execute_from_command_line([program, *name_command(arguments)])


def name_command(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the command's name as its module is called: `import-traffic` is `import_traffic`."""
    named = 1 if arguments[:1] == ["help"] else 0
    return [
        word.replace("-", "_") if place == named and not word.startswith("-") else word
        for place, word in enumerate(arguments)
    ]


if __name__ == "__main__":
    main()
