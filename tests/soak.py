"""`python -m tests.soak`: writers, readers and a squasher for minutes, then loads that are killed; exit 1 on a fault.

The first part runs on a database of its own on the configured server, the second on a PostgreSQL of its own.
"""

import argparse
import os
import sys
from collections import Counter
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
    from tests.ingest.killing import kill_everything

    faults = []
    if arguments.seconds:
        with own_database():
            found = soak(arguments.seconds, writers=arguments.writers, readers=arguments.readers)
        faults += _told(found.done, found.faults)
    if arguments.kills:
        for killing in kill_everything(arguments.kills, seed=arguments.seed):
            faults += _told(killing.done, killing.faults)
    sys.stdout.write(f"{len(faults) or 'no'} faults\n")
    return 1 if faults else 0


def _told(done: Counter[str], faults: list[str]) -> list[str]:
    for what, times in sorted(done.items()):
        sys.stdout.write(f"{times:>10,} {what}\n")
    for fault in faults:
        sys.stdout.write(f"FAULT {fault}\n")
    return faults


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="of writers and readers; 0 for none")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=100, help="of loads and of PostgreSQL; 0 for none")
    parser.add_argument("--seed", type=int, default=20260213, help="decides what is killed when")
    return parser.parse_args()


@contextmanager
def own_database(name: str = NAME) -> Iterator[None]:
    """On the configured server, with the project's migrations."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
