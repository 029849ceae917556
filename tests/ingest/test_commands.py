"""The commands that load: files and standard input, what they tell, and what they leave in a file of rejects."""

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
from smsreports.ingest.merge import RejectedLine
from smsreports.ingest.progress import with_progress
from smsreports.ingest.records import MAX_LINE_BYTES
from tests.ingest.conftest import Record, counts, dump, loaded, message, receipt, run

DEMO = ("--messages", "40", "--sends", "30", "--until", "2026-02-13T12:00:00Z")


def written(path: Path, *records: Record | str) -> str:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in records))
    return str(path)


def known() -> set[str]:
    return set(Message.everyones.values_list("client_message_id", flat=True))


# import_traffic


@pytest.mark.usefixtures("account")
def test_several_files_are_loaded_in_turn(tmp_path: Path) -> None:
    first = written(tmp_path / "1.ndjson", message("m-1"), message("m-2"))
    second = written(tmp_path / "2.ndjson", message("m-2"), receipt(client_message_id="m-1"))
    assert run("import_traffic", first, second) == ("3 accepted, 1 duplicates, 0 rejected\n", "")
    assert known() == {"m-1", "m-2"}


@pytest.mark.usefixtures("account")
def test_standard_input_is_a_file_among_others(tmp_path: Path) -> None:
    file = written(tmp_path / "1.ndjson", message("m-1"))
    stdin = json.dumps(message("m-2")).encode()
    assert run("import_traffic", "-", file, stdin=stdin) == ("2 accepted, 0 duplicates, 0 rejected\n", "")


@pytest.mark.usefixtures("account")
def test_a_file_that_cannot_be_read_stops_the_load_before_it_begins(tmp_path: Path) -> None:
    file = written(tmp_path / "1.ndjson", message("m-1"))
    for missing in (tmp_path / "2.ndjson", tmp_path):
        with pytest.raises(CommandError, match=f"^{missing}: "):
            run("import_traffic", file, str(missing))
    assert known() == set()


@pytest.mark.django_db
def test_accounts_are_made_on_demand_alone(tmp_path: Path) -> None:
    file = written(tmp_path / "1.ndjson", message("m-1"))
    with pytest.raises(CommandError, match="1 lines were rejected"):
        run("import_traffic", file)
    assert not Account.objects.exists()
    run("import_traffic", file, "--create-accounts")
    assert Account.objects.get().name == "acme"


@pytest.mark.usefixtures("account")
def test_rejected_lines_are_named_on_standard_error_and_end_in_exit_code_1(tmp_path: Path) -> None:
    file = written(tmp_path / "1.ndjson", message("m-1"), "", "[]", message("m-2", cost=-1), message("m-3"))
    printed, complained = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match=r"^2 lines were rejected$") as ended:
        call_command("import_traffic", file, stdout=printed, stderr=complained)
    assert ended.value.returncode == 1
    assert printed.getvalue() == "2 accepted, 0 duplicates, 2 rejected\n"
    assert complained.getvalue().splitlines() == [
        f"{file}:3: is not a JSON object",
        f"{file}:4: cost: must be from 0 to 999999.999999, with at most 6 decimals",
    ]
    assert known() == {"m-1", "m-3"}


@pytest.mark.usefixtures("account")
def test_a_file_of_rejects_names_them_all(tmp_path: Path) -> None:
    many = written(tmp_path / "1.ndjson", *["[]"] * (MAX_NAMED_LINES + 5))
    one = written(tmp_path / "2.ndjson", message("m-1"), message("m-1", cost="1"))
    rejects = tmp_path / "rejects.ndjson"
    with pytest.raises(CommandError):
        run("import_traffic", many, one, "--rejects", str(rejects))
    assert [json.loads(line) for line in rejects.read_text().splitlines()] == [
        *({"file": many, "line": line, "error": "is not a JSON object"} for line in range(1, MAX_NAMED_LINES + 6)),
        {"file": one, "line": 2, "error": "conflicts with what is known: cost"},
    ]


@pytest.mark.usefixtures("account")
def test_a_file_of_no_rejects_is_empty(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.ndjson"
    rejects.write_text("of the last time")
    run("import_traffic", written(tmp_path / "1.ndjson", message()), "--rejects", str(rejects))
    assert rejects.read_text() == ""


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("named_in_a_file", [False, True])
def test_standard_error_names_the_first_rejects(tmp_path: Path, named_in_a_file: bool) -> None:
    file, complained = written(tmp_path / "1.ndjson", *["[]"] * (MAX_NAMED_LINES + 5)), io.StringIO()
    options = ["--rejects", str(tmp_path / "rejects.ndjson")] if named_in_a_file else []
    with pytest.raises(CommandError):
        call_command("import_traffic", file, *options, stdout=io.StringIO(), stderr=complained)
    lines = complained.getvalue().splitlines()
    assert len(lines) == MAX_NAMED_LINES + (not named_in_a_file)
    assert ("--rejects" in lines[-1]) is not named_in_a_file


@pytest.mark.usefixtures("account")
def test_lines_end_as_windows_ends_them_too(tmp_path: Path) -> None:
    file = tmp_path / "1.ndjson"
    file.write_bytes(b"\r\n".join(json.dumps(message(f"m-{number}")).encode() for number in range(3)))
    assert run("import_traffic", str(file))[0] == "3 accepted, 0 duplicates, 0 rejected\n"


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


BROKEN = [
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
def test_whatever_is_broken_is_named_by_its_line_and_the_rest_is_loaded(tmp_path: Path) -> None:
    file, rejects = tmp_path / "1.ndjson", tmp_path / "rejects.ndjson"
    good = [json.dumps(message(f"m-{number}")).encode() for number in range(len(BROKEN))]
    file.write_bytes(b"".join(b"%s\n%s\n" % pair for pair in zip(good, (line for line, _ in BROKEN), strict=True)))
    with pytest.raises(CommandError, match=f"{len(BROKEN)} lines were rejected"):
        run("import_traffic", str(file), "--rejects", str(rejects))
    named = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [one["line"] for one in named] == [2 * number for number in range(1, len(BROKEN) + 1)]
    assert [(why, one["error"]) for (_, why), one in zip(BROKEN, named, strict=True) if why not in one["error"]] == []
    assert len(known()) == len(BROKEN)


# Progress

OUTCOMES = [BatchResult(accepted=2, duplicates=1), BatchResult(rejected=[RejectedLine(1, "x")])]


def test_a_log_gets_a_line_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)
    log = io.StringIO()
    assert list(with_progress(OUTCOMES, log)) == OUTCOMES
    assert log.getvalue() == "3 lines\n4 lines\n"


def test_a_load_that_is_over_soon_tells_a_log_nothing() -> None:
    log = io.StringIO()
    assert list(with_progress(OUTCOMES, log)) == OUTCOMES
    assert log.getvalue() == ""


@pytest.fixture
def terminal() -> Iterator[tuple[int, Any]]:
    """A terminal: what is shown on it, and the stream that writes there."""
    screen, keyboard = pty.openpty()
    with os.fdopen(keyboard, "w") as stream:
        yield screen, stream
    os.close(screen)


def test_a_terminal_gets_a_bar_and_no_plain_lines(terminal: tuple[int, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)
    screen, stream = terminal
    assert list(with_progress(OUTCOMES, stream, total=4)) == OUTCOMES
    stream.close()
    drawn = drawn_on(screen)
    assert "100%" in drawn
    assert "4.00/4.00" in drawn
    assert " lines\r\n" not in drawn.replace(" lines/s", "")


def drawn_on(screen: int) -> str:
    """Everything that was written to a terminal which is closed by now."""
    drawn = b""
    # The end is an error on Linux, and nothing on other systems.
    with suppress(OSError):
        while some := os.read(screen, 10_000):
            drawn += some
    return drawn.decode()


# demo


def demo(*options: str) -> str:
    return run("demo", *DEMO, *options)[0]


@pytest.mark.django_db
def test_the_demo_has_the_size_that_was_asked_for() -> None:
    printed = demo()
    assert (Message.everyones.count(), BroadcastSend.everyones.count()) == (40, 30)
    accounts = {(account.name, account.currency) for account in Account.objects.all()}
    assert accounts == {(account.name, account.currency) for account in ACCOUNTS}
    assert ", 0 duplicates, 0 rejected in the demo accounts " in printed


@pytest.mark.django_db
def test_the_same_demo_again_changes_nothing() -> None:
    demo()
    before = dump()
    assert "\n0 accepted, " in demo()
    assert dump() == before
    assert "\n0 accepted, " not in demo("--seed", "2")


@pytest.mark.django_db
def test_a_demo_that_is_there_is_left_alone() -> None:
    assert "accepted" in demo("--continue")
    assert demo("--continue", "--seed", "2") == ""
    assert Message.everyones.count() == 40


@pytest.mark.django_db
def test_other_accounts_do_not_count_as_a_demo() -> None:
    own = message(account="own")
    loaded(own, create=True)
    assert "accepted" in demo("--continue")
    assert counts(loaded(own)) == (0, 1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "options",
    [
        ["--messages", "-1"],
        ["--sends", "-1"],
        ["--messages", "many"],
        ["--seed", "x"],
        ["--until", "yesterday"],
        # Nobody's noon.
        ["--until", "2026-02-13T12:00:00"],
    ],
)
def test_a_bad_value_is_refused_by_its_options_name(options: Sequence[str]) -> None:
    with pytest.raises(CommandError, match=options[0]):
        run("demo", *options)
    assert not Account.objects.exists()
