"""`python -m tests.soak`: writers, readers and a squasher for minutes, on a database of its own; exit 1 on a fault."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django

# Made and dropped here; what a killed run left is replaced.
NAME = "soak_smsreports"


def main() -> int:
    arguments = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
    from tests import environment  # noqa: F401  # before the settings

    django.setup()
    from tests.counters.soaking import soak  # needs Django

    with own_database():
        found = soak(arguments.seconds, writers=arguments.writers, readers=arguments.readers)
    for what, times in sorted(found.done.items()):
        sys.stdout.write(f"{times:>10,} {what}\n")
    for fault in found.faults:
        sys.stdout.write(f"FAULT {fault}\n")
    sys.stdout.write(f"{len(found.faults) or 'no'} faults in {arguments.seconds:g} s\n")
    return 1 if found.faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--readers", type=int, default=4)
    return parser.parse_args()


@contextmanager
def own_database() -> Iterator[None]:
    """On the configured server, with the project's migrations."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = NAME
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
