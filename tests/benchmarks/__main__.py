"""`python -m tests.benchmarks`: the command line of the measurements."""

import argparse
import os
import sys

import django

import tests.environment  # noqa: F401  the settings of the tests, whatever the machine's own say
from tests.benchmarks import place

# The size that the targets are said for.
ROWS = 10_000_000
# Of what takes seconds; the median of five is not moved by two odd ones.
RUNS = 5


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS") or ROWS), help="default: ROWS, or 10M")
    parser.add_argument("--only", default="", metavar="NAME,…", help="these figures alone")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each slow measurement, default {RUNS}")
    parser.add_argument("--keep", action="store_true", help="leave the database for a next run, which then reuses it")
    parser.add_argument("--json", action="store_true", help="JSON on standard output, the table on standard error")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    options = parsed(arguments)
    url = place.configured()
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "smsreports.settings"}
    django.setup()
    # Only now do models, and what imports them, have settings.
    from tests.benchmarks.run import run

    run(options, place.Place(url))


if __name__ == "__main__":
    main(sys.argv[1:])
