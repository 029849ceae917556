"""`manage.py import_traffic`: loads files of NDJSON records."""

import sys
from argparse import ArgumentParser, FileType
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from django.core.management.base import BaseCommand, CommandError

from smsreports.ingest.lines import numbered
from smsreports.ingest.load import Accounts, Counts, Outcome, load
from smsreports.ingest.progress import shown, terminal

# A rejected line is named on standard error up to this many times; all of them go to --rejects.
NAMED = 20


class Command(BaseCommand):
    # A caller in Python may hand over its own.
    stealth_options = ("stdin",)
    help = "Loads NDJSON records from files, or from standard input (-). Loading a file twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file of records, or - for standard input")
        parser.add_argument("--create-accounts", action="store_true", help="make accounts that are not known")
        parser.add_argument(
            "--rejects",
            type=FileType("wb"),
            metavar="FILE",
            help="write the rejected lines' numbers and reasons here",
        )

    def handle(self, *, files: list[str], create_accounts: bool, rejects: BinaryIO | None, **options: Any) -> None:
        self._stdin: BinaryIO = options.get("stdin") or sys.stdin.buffer
        self._rejects, self._counts = rejects, Counts()
        for name, outcome in self._outcomes(files, Accounts(create=create_accounts)):
            self._tell(name, outcome)
            self._counts.add(outcome)
        self.stdout.write(str(self._counts))
        if rejects is not None:
            rejects.close()
        if self._counts.rejected:
            raise CommandError(f"{self._counts.rejected} lines were rejected")

    def _outcomes(self, files: list[str], accounts: Accounts) -> Iterator[tuple[str, Outcome]]:
        with ExitStack() as opened:
            inputs = [(name, self._open(name, opened)) for name in files]
            for name, file in inputs:
                for outcome in shown(load(numbered(file), accounts), terminal(self.stderr)):
                    yield name, outcome

    def _open(self, name: str, opened: ExitStack) -> BinaryIO:
        if name == "-":
            return self._stdin
        try:
            return opened.enter_context(Path(name).open("rb"))
        except OSError as fault:
            raise CommandError(f"{name}: {fault.strerror}") from None

    def _tell(self, name: str, outcome: Outcome) -> None:
        for number, rejected in enumerate(outcome.rejected, start=self._counts.rejected + 1):
            if self._rejects is not None:
                told = {"file": name, "line": rejected.line, "error": rejected.error}
                self._rejects.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))
            if number <= NAMED:
                self.stderr.write(f"{name}:{rejected.line}: {rejected.error}")
            elif number == NAMED + 1 and self._rejects is None:
                self.stderr.write("more lines were rejected; --rejects FILE names them all")
