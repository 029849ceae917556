"""`python -m tests.benchmarks`: command line of the benchmarks."""

import argparse
import os
import sys

import django

import tests.environment  # noqa: F401  sets the environment of the tests
from tests.benchmarks import databases

# Size of the data for which the targets hold.
ROWS = 10_000_000
# Runs of a measurement that takes seconds; two outliers do not move the median of five.
RUNS = 5


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ROWS") or ROWS), help="default: ROWS, or 10M")
    parser.add_argument("--only", default="", metavar="NAME,…", help="only these figures")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"runs of each slow measurement, default {RUNS}")
    parser.add_argument("--keep", action="store_true", help="keep the database for the next run")
    parser.add_argument("--json", action="store_true", help="JSON on standard output, the table on standard error")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    options = parse_arguments(arguments)
    url = databases.read_configured_url()
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "smsreports.settings"}
    django.setup()
    # Imports models, which need the settings.
    from tests.benchmarks.run import run

    run(options, databases.Database(url))


if __name__ == "__main__":
    main(sys.argv[1:])
