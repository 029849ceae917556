"""`manage.py import_traffic`: loads files of NDJSON records, and message logs of other systems."""

import sys
from argparse import ArgumentParser, FileType
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from django.core.management.base import BaseCommand, CommandError

from smsreports.accounts.models import Account
from smsreports.ingest import providers
from smsreports.ingest.lines import numbered
from smsreports.ingest.load import Accounts, Counts, Outcome, load
from smsreports.ingest.progress import shown, terminal
from smsreports.ingest.providers import Import

# A rejected line is named on standard error up to this many times; all of them go to --rejects.
NAMED = 20
# Of a column that is not known: more is no name.
LONGEST_NAME = 64
Loading = Callable[[BinaryIO], Iterator[Outcome]]


class Command(BaseCommand):
    # A caller in Python may hand over its own.
    stealth_options = ("stdin",)
    help = (
        "Load NDJSON records, or the message log of another provider, from files or standard input (-). "
        "Loading a file twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="file to load, or - for standard input")
        parser.add_argument("--create-accounts", action="store_true", help="create accounts that do not exist")
        parser.add_argument(
            "--from",
            dest="provider",
            choices=providers.NAMES,
            help="whose files these are, CSV or JSON (see docs/operators/providers/); without it, our own records",
        )
        parser.add_argument("--account", metavar="NAME", help="account that the messages belong to, with --from")
        parser.add_argument(
            "--rejects",
            type=FileType("wb"),
            metavar="FILE",
            help="write the numbers of rejected lines and the reasons to this file",
        )

    def handle(self, *, files: list[str], rejects: BinaryIO | None, **options: Any) -> None:
        self._stdin: BinaryIO = options.get("stdin") or sys.stdin.buffer
        self._rejects, self._counts = rejects, Counts()
        loaded, imported = self._way(**options)
        for name, outcome in self._outcomes(files, loaded):
            self._tell(name, outcome)
            self._counts.add(outcome)
        self.stdout.write(f"{self._counts}{self._notes(imported)}")
        if rejects is not None:
            rejects.close()
        if self._counts.rejected:
            raise CommandError(f"{self._counts.rejected} lines were rejected")

    def _way(
        self, *, provider: str | None, account: str | None, create_accounts: bool, **options: Any
    ) -> tuple[Loading, Import | None]:
        """How a file is loaded, and what is kept of it beside its records."""
        accounts = Accounts(create=create_accounts)
        if (provider is None) != (account is None):
            raise CommandError("--from and --account must be given together")
        if provider is None:
            return lambda file: load(numbered(file), accounts), None
        if create_accounts:
            raise CommandError(
                "--create-accounts cannot be combined with --from: create the account first, with its currency"
            )
        found = Account.objects.filter(name=account).first()
        if found is None:
            raise CommandError(
                f"there is no account {account!r}; create it with create_account, which sets its currency"
            )
        imported, source = Import(found), providers.named(provider)
        return lambda file: load(source.read(file, imported), accounts, providers.taken), imported

    def _outcomes(self, files: list[str], loaded: Loading) -> Iterator[tuple[str, Outcome]]:
        with ExitStack() as opened:
            inputs = [(name, self._open(name, opened)) for name in files]
            for name, file in inputs:
                for outcome in shown(loaded(file), terminal(self.stderr)):
                    yield name, outcome

    def _notes(self, imported: Import | None) -> str:
        """What to add to the counts; what else there is to say goes to standard error."""
        if imported is None:
            return ""
        for remark in imported.notes.remarks:
            self.stderr.write(remark)
        if unknown := imported.notes.unknown:
            self.stderr.write(
                f"unknown columns, not loaded: {', '.join(repr(name[:LONGEST_NAME]) for name in sorted(unknown))}"
            )
        return f", {imported.notes.skipped} skipped (inbound)" if imported.notes.skipped else ""

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
                self.stderr.write("more lines were rejected; list them all with --rejects FILE")
