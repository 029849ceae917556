"""`python -m tests.soak`: concurrent counters, killed loads and injected faults; exit 1 on a failure.

Writers, readers and a squasher run for minutes, then loads are killed, then faults are injected under a server. The
first part uses a database of its own on the configured server, the others a PostgreSQL of their own.
"""

import argparse
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import django

# Created and dropped here; one that a killed run left is replaced.
DATABASE_NAME = "soak_smsreports"


def main() -> int:
    arguments = _parse_arguments()
    # SIGTERM stops the servers too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsreports.settings")
    from tests import environment  # noqa: F401  # before the settings

    django.setup()
    from tests.counters.soaking import soak  # needs Django
    from tests.faults.fault_injection import inject_faults
    from tests.ingest.load_killer import kill_everything

    failures = []
    if arguments.seconds:
        with own_database():
            result = soak(arguments.seconds, writers=arguments.writers, readers=arguments.readers)
        failures += _report(result.done, result.errors)
    if arguments.kills:
        for killing in kill_everything(arguments.kills, seed=arguments.seed):
            failures += _report(killing.kills, killing.failures)
    if arguments.faults:
        outcome = inject_faults(arguments.faults, seed=arguments.seed)
        failures += _report(outcome.done, outcome.failures)
        sys.stdout.write(f"{outcome.describe_slowest_recovery()}\n")
    sys.stdout.write(f"{len(failures) or 'no'} failures\n")
    return 1 if failures else 0


def _report(done: Counter[str], failures: list[str]) -> list[str]:
    """Print the counts and failures of a part; return the failures."""
    for name, times in sorted(done.items()):
        sys.stdout.write(f"{times:>10,} {name}\n")
    for failure in failures:
        sys.stdout.write(f"FAILURE {failure}\n")
    return failures


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="duration of writers and readers; 0 skips them")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=100, help="kills of loads and of PostgreSQL; 0 skips them")
    parser.add_argument("--faults", type=int, default=500, help="faults under a server with clients; 0 skips them")
    parser.add_argument("--seed", type=int, default=20260213, help="seed of the kills and faults")
    return parser.parse_args()


@contextmanager
def own_database(name: str = DATABASE_NAME) -> Iterator[None]:
    """Create a migrated database on the configured server, and drop it afterwards."""
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
