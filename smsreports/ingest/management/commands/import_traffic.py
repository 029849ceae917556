"""Load files of NDJSON records, and message logs of other systems: `manage.py import_traffic`."""

import sys
from argparse import ArgumentParser, FileType
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import orjson
from django.core.management.base import BaseCommand, CommandError

from smsreports.accounts.models import Account
from smsreports.ingest import providers
from smsreports.ingest.lines import read_numbered_lines
from smsreports.ingest.load import AccountResolver, BatchResult, LoadTotals, load_lines
from smsreports.ingest.progress import unwrap_stream, with_progress
from smsreports.ingest.providers import ImportRun

# Rejected lines reported on standard error; all of them go to the file of --rejects.
MAX_NAMED_LINES = 20
# Unknown columns are reported up to this length; a longer text is not a name.
MAX_COLUMN_NAME_LENGTH = 64
FileLoader = Callable[[BinaryIO], Iterator[BatchResult]]


class Command(BaseCommand):
    # `call_command` may pass a stream of its own.
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
            choices=providers.PROVIDER_NAMES,
            help="provider of the files, CSV or JSON (see docs/operators/providers/); default: NDJSON records",
        )
        parser.add_argument("--account", metavar="NAME", help="account that the messages belong to, with --from")
        parser.add_argument(
            "--rejects",
            type=FileType("wb"),
            metavar="FILE",
            help="write the numbers of rejected lines and the reasons to this file",
        )

    def handle(
        self,
        *,
        files: list[str],
        rejects: BinaryIO | None,
        provider: str | None,
        account: str | None,
        create_accounts: bool,
        stdin: BinaryIO | None = None,
        **options: object,
    ) -> None:
        self._stdin = stdin or sys.stdin.buffer
        self._rejects, self._totals = rejects, LoadTotals()
        load_file, run = self._choose_loader(provider, account, create_accounts=create_accounts)
        for name, result in self._load_files(files, load_file):
            self._report_rejected(name, result)
            self._totals.add_batch(result)
        self.stdout.write(f"{self._totals}{self._report_notes(run)}")
        if rejects is not None:
            rejects.close()
        if self._totals.rejected:
            raise CommandError(f"{self._totals.rejected} lines were rejected")

    def _choose_loader(
        self, provider: str | None, account: str | None, *, create_accounts: bool
    ) -> tuple[FileLoader, ImportRun | None]:
        """Return a function that loads a file, and the import run if the file is a provider's."""
        accounts = AccountResolver(create=create_accounts)
        if (provider is None) != (account is None):
            raise CommandError("--from and --account must be given together")
        if provider is None:
            return lambda file: load_lines(read_numbered_lines(file), accounts), None
        if create_accounts:
            raise CommandError(
                "--create-accounts cannot be combined with --from: create the account first, with its currency"
            )
        owner = Account.objects.filter(name=account).first()
        if owner is None:
            raise CommandError(
                f"there is no account {account!r}; create it with create_account, which sets its currency"
            )
        run, source = ImportRun(owner), providers.get_provider(provider)
        return lambda file: load_lines(source.read_records(file, run), accounts), run

    def _load_files(self, files: list[str], load_file: FileLoader) -> Iterator[tuple[str, BatchResult]]:
        with ExitStack() as stack:
            inputs = [(name, self._open_file(name, stack)) for name in files]
            for name, file in inputs:
                for result in with_progress(load_file(file), unwrap_stream(self.stderr)):
                    yield name, result

    def _report_notes(self, run: ImportRun | None) -> str:
        """Write remarks and unknown columns to standard error; return the text to append to the totals."""
        if run is None:
            return ""
        for remark in run.notes.remarks:
            self.stderr.write(remark)
        if unknown := run.notes.unknown_columns:
            names = (repr(name[:MAX_COLUMN_NAME_LENGTH]) for name in sorted(unknown))
            self.stderr.write(f"unknown columns, not loaded: {', '.join(names)}")
        return f", {run.notes.skipped} skipped (inbound)" if run.notes.skipped else ""

    def _open_file(self, name: str, stack: ExitStack) -> BinaryIO:
        if name == "-":
            return self._stdin
        try:
            return stack.enter_context(Path(name).open("rb"))
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}") from None

    def _report_rejected(self, name: str, result: BatchResult) -> None:
        for number, rejected in enumerate(result.rejected, start=self._totals.rejected + 1):
            if self._rejects is not None:
                entry = {"file": name, "line": rejected.line, "error": rejected.error}
                self._rejects.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
            if number <= MAX_NAMED_LINES:
                self.stderr.write(f"{name}:{rejected.line}: {rejected.error}")
            elif number == MAX_NAMED_LINES + 1 and self._rejects is None:
                self.stderr.write("more lines were rejected; list them all with --rejects FILE")
