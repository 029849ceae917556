"""Commands that load: files and standard input, their output, progress and the rejects file."""

import io
import json
import os
import pty
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from broadcasts_app.models import BroadcastSend
from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.demo.generator import ACCOUNTS
from smsreports.ingest import progress
from smsreports.ingest.load import BatchResult
from smsreports.ingest.management.commands.import_traffic import MAX_NAMED_LINES
from smsreports.ingest.progress import with_progress
from smsreports.records.field_types import MAX_LINE_BYTES
from smsreports.records.merge_steps import RejectedLine
from tests.ingest.conftest import Record, dump_tables, get_counts, load_records, message, receipt, run_command

DEMO_OPTIONS = ("--messages", "40", "--sends", "30", "--until", "2026-02-13T12:00:00Z")


def write_lines(path: Path, *records: Record | str) -> str:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in records))
    return str(path)


def get_known_ids() -> set[str]:
    return set(Message.unscoped.values_list("client_message_id", flat=True))


# import_traffic


@pytest.mark.usefixtures("account")
def test_several_files_are_loaded_one_after_another(tmp_path: Path) -> None:
    first = write_lines(tmp_path / "1.ndjson", message("m-1"), message("m-2"))
    second = write_lines(tmp_path / "2.ndjson", message("m-2"), receipt(client_message_id="m-1"))
    assert run_command("import_traffic", first, second) == ("3 accepted, 1 duplicates, 0 rejected\n", "")
    assert get_known_ids() == {"m-1", "m-2"}


@pytest.mark.usefixtures("account")
def test_standard_input_is_loaded_beside_files(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "1.ndjson", message("m-1"))
    stdin = json.dumps(message("m-2")).encode()
    assert run_command("import_traffic", "-", file, stdin=stdin) == ("2 accepted, 0 duplicates, 0 rejected\n", "")


@pytest.mark.usefixtures("account")
def test_an_unreadable_file_stops_the_load_before_it_starts(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "1.ndjson", message("m-1"))
    for missing in (tmp_path / "2.ndjson", tmp_path):
        with pytest.raises(CommandError, match=f"^{missing}: "):
            run_command("import_traffic", file, str(missing))
    assert get_known_ids() == set()


@pytest.mark.django_db
def test_accounts_are_created_only_with_the_option(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "1.ndjson", message("m-1"))
    with pytest.raises(CommandError, match="1 lines were rejected"):
        run_command("import_traffic", file)
    assert not Account.objects.exists()
    run_command("import_traffic", file, "--create-accounts")
    assert Account.objects.get().name == "acme"


@pytest.mark.usefixtures("account")
def test_rejected_lines_are_reported_on_standard_error_with_exit_code_1(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "1.ndjson", message("m-1"), "", "[]", message("m-2", cost=-1), message("m-3"))
    stdout, stderr = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match=r"^2 lines were rejected$") as exit_error:
        call_command("import_traffic", file, stdout=stdout, stderr=stderr)
    assert exit_error.value.returncode == 1
    assert stdout.getvalue() == "2 accepted, 0 duplicates, 2 rejected\n"
    assert stderr.getvalue().splitlines() == [
        f"{file}:3: is not a JSON object",
        f"{file}:4: cost: must be from 0 to 999999.999999, with at most 6 decimals",
    ]
    assert get_known_ids() == {"m-1", "m-3"}


@pytest.mark.usefixtures("account")
def test_the_rejects_file_lists_all_rejected_lines(tmp_path: Path) -> None:
    broken = write_lines(tmp_path / "1.ndjson", *["[]"] * (MAX_NAMED_LINES + 5))
    conflicting = write_lines(tmp_path / "2.ndjson", message("m-1"), message("m-1", cost="1"))
    rejects = tmp_path / "rejects.ndjson"
    with pytest.raises(CommandError):
        run_command("import_traffic", broken, conflicting, "--rejects", str(rejects))
    assert [json.loads(line) for line in rejects.read_text().splitlines()] == [
        *({"file": broken, "line": line, "error": "is not a JSON object"} for line in range(1, MAX_NAMED_LINES + 6)),
        {"file": conflicting, "line": 2, "error": "conflicts with what is known: cost"},
    ]


@pytest.mark.usefixtures("account")
def test_the_rejects_file_is_empty_without_rejected_lines(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.ndjson"
    rejects.write_text("of the last time")
    run_command("import_traffic", write_lines(tmp_path / "1.ndjson", message()), "--rejects", str(rejects))
    assert rejects.read_text() == ""


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("named_in_a_file", [False, True])
def test_standard_error_lists_the_first_rejected_lines(tmp_path: Path, named_in_a_file: bool) -> None:
    file, stderr = write_lines(tmp_path / "1.ndjson", *["[]"] * (MAX_NAMED_LINES + 5)), io.StringIO()
    options = ["--rejects", str(tmp_path / "rejects.ndjson")] if named_in_a_file else []
    with pytest.raises(CommandError):
        call_command("import_traffic", file, *options, stdout=io.StringIO(), stderr=stderr)
    lines = stderr.getvalue().splitlines()
    assert len(lines) == MAX_NAMED_LINES + (not named_in_a_file)
    assert ("--rejects" in lines[-1]) is not named_in_a_file


@pytest.mark.usefixtures("account")
def test_windows_line_endings_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "1.ndjson"
    file.write_bytes(b"\r\n".join(json.dumps(message(f"m-{number}")).encode() for number in range(3)))
    assert run_command("import_traffic", str(file))[0] == "3 accepted, 0 duplicates, 0 rejected\n"


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


BROKEN_LINES = [
    (b'{"message": "' + b"x" * MAX_LINE_BYTES + b'"}', "is longer than 16384 bytes"),
    (b"x" * 5 * MAX_LINE_BYTES, "is longer than 16384 bytes"),
    (b'{"message": "\xff"}', "is not JSON: "),
    (nested(1000), "is not a JSON object"),
    (nested(5000), "is not JSON: "),
    (json.dumps(message(message="deep")).replace('"deep"', nested(1000).decode()).encode(), "message: must be text"),
    (json.dumps(message(cost=float("nan"))).encode(), "is not JSON: "),
    (json.dumps(message(cost="NaN")).encode(), "cost: must be from 0 "),
    (json.dumps(message(cost=-0.01)).encode(), "cost: must be from 0 "),
    (json.dumps(message(created_at="2026-02-13T12:00:00")).encode(), "created_at: must be a time "),
    (json.dumps(message(created_at="10000-01-01T00:00:00Z")).encode(), "created_at: must be a time "),
]


@pytest.mark.usefixtures("account")
def test_broken_lines_are_reported_by_number_and_the_others_are_loaded(tmp_path: Path) -> None:
    file, rejects = tmp_path / "1.ndjson", tmp_path / "rejects.ndjson"
    good = [json.dumps(message(f"m-{number}")).encode() for number in range(len(BROKEN_LINES))]
    file.write_bytes(
        b"".join(b"%s\n%s\n" % pair for pair in zip(good, (line for line, _ in BROKEN_LINES), strict=True))
    )
    with pytest.raises(CommandError, match=f"{len(BROKEN_LINES)} lines were rejected"):
        run_command("import_traffic", str(file), "--rejects", str(rejects))
    entries = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [rejected["line"] for rejected in entries] == [2 * number for number in range(1, len(BROKEN_LINES) + 1)]
    assert [
        (reason, rejected["error"])
        for (_, reason), rejected in zip(BROKEN_LINES, entries, strict=True)
        if reason not in rejected["error"]
    ] == []
    assert len(get_known_ids()) == len(BROKEN_LINES)


# Progress

RESULTS = [BatchResult(accepted=2, duplicates=1), BatchResult(rejected=[RejectedLine(1, "x")])]


def test_a_log_gets_plain_progress_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)
    log = io.StringIO()
    assert list(with_progress(RESULTS, log)) == RESULTS
    assert log.getvalue() == "3 lines\n4 lines\n"


def test_a_short_load_writes_no_progress_to_a_log() -> None:
    log = io.StringIO()
    assert list(with_progress(RESULTS, log)) == RESULTS
    assert log.getvalue() == ""


@pytest.fixture
def terminal() -> Iterator[tuple[int, Any]]:
    """A terminal: the file descriptor that reads its screen, and the stream that writes to it."""
    screen, keyboard = pty.openpty()
    with os.fdopen(keyboard, "w") as stream:
        yield screen, stream
    os.close(screen)


def test_a_terminal_gets_a_progress_bar_and_no_plain_lines(
    terminal: tuple[int, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)
    screen, stream = terminal
    assert list(with_progress(RESULTS, stream, total=4)) == RESULTS
    stream.close()
    screen_text = read_screen(screen)
    assert "100%" in screen_text
    assert "4.00/4.00" in screen_text
    assert " lines\r\n" not in screen_text.replace(" lines/s", "")


def read_screen(screen: int) -> str:
    """Return the text that was written to a terminal whose stream is closed."""
    screen_text = b""
    # The end is an error on Linux, and nothing on other systems.
    with suppress(OSError):
        while chunk := os.read(screen, 10_000):
            screen_text += chunk
    return screen_text.decode()


# demo


def run_demo(*options: str) -> str:
    return run_command("demo", *DEMO_OPTIONS, *options)[0]


@pytest.mark.django_db
def test_the_demo_has_the_requested_size() -> None:
    stdout = run_demo()
    assert (Message.unscoped.count(), BroadcastSend.unscoped.count()) == (40, 30)
    accounts = {(account.name, account.currency) for account in Account.objects.all()}
    assert accounts == {(account.name, account.currency) for account in ACCOUNTS}
    assert ", 0 duplicates, 0 rejected in the demo accounts " in stdout


@pytest.mark.django_db
def test_repeating_a_demo_changes_nothing() -> None:
    run_demo()
    before = dump_tables()
    assert "\n0 accepted, " in run_demo()
    assert dump_tables() == before
    assert "\n0 accepted, " not in run_demo("--seed", "2")


@pytest.mark.django_db
def test_the_continue_option_leaves_an_existing_demo_unchanged() -> None:
    assert "accepted" in run_demo("--continue")
    assert run_demo("--continue", "--seed", "2") == ""
    assert Message.unscoped.count() == 40


@pytest.mark.django_db
def test_traffic_of_other_accounts_is_not_a_demo() -> None:
    own = message(account="own")
    load_records(own, create=True)
    assert "accepted" in run_demo("--continue")
    assert get_counts(load_records(own)) == (0, 1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "options",
    [
        ["--messages", "-1"],
        ["--sends", "-1"],
        ["--messages", "many"],
        ["--seed", "x"],
        ["--until", "yesterday"],
        # A time without a zone.
        ["--until", "2026-02-13T12:00:00"],
    ],
)
def test_an_invalid_value_is_rejected_with_its_options_name(options: Sequence[str]) -> None:
    with pytest.raises(CommandError, match=options[0]):
        run_command("demo", *options)
    assert not Account.objects.exists()
