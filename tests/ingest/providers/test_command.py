"""`import_traffic --from`: options, output and errors."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError

from messages_app.models import Message
from smsreports.ingest import providers
from tests.ingest.conftest import run_command

TITLES = "From,To,Body,Status,SentDate,ApiVersion,NumSegments,ErrorCode,AccountSid,Sid,Direction,Price,PriceUnit"


def write_console_log(path: Path, *messages: str, titles: str = TITLES) -> str:
    """Write a file as Twilio's console exports it. Each message is given as id and direction."""
    rows = (f"+14155550100,+14155551234,Hi,sent,2026-02-13T12:00:00Z,,1,,,{row},-0.01,EUR" for row in messages)
    path.write_text("".join(f"{line}\n" for line in (titles, *rows)))
    return str(path)


def stored_ids() -> set[str]:
    return set(Message.unscoped.values_list("client_message_id", flat=True))


@pytest.mark.usefixtures("account")
def test_files_of_a_provider_are_loaded_into_the_given_account(tmp_path: Path) -> None:
    first = write_console_log(tmp_path / "1.csv", "SM1,outbound-api", "SM2,inbound")
    second = Path(write_console_log(tmp_path / "2.csv", "SM1,outbound-api", "SM3,outbound-api")).read_bytes()
    output, errors = run_command("import_traffic", "--from", "twilio", "--account", "acme", first, "-", stdin=second)
    assert (output, errors) == ("2 accepted, 1 duplicates, 0 rejected, 1 skipped (inbound)\n", "")
    assert stored_ids() == {"SM1", "SM3"}


@pytest.mark.usefixtures("account")
def test_remarks_about_files_are_printed_once(tmp_path: Path) -> None:
    file = write_console_log(
        tmp_path / "1.csv", "SM1,outbound-api", "SM2,outbound-api", titles=TITLES.replace("PriceUnit", "\x1b[2J")
    )
    assert run_command("import_traffic", "--from", "twilio", "--account", "acme", file, file)[1].splitlines() == [
        "price_unit is missing: costs are assumed to be in EUR, the account's currency",
        "unknown columns, not loaded: '\\x1b[2J'",
    ]


@pytest.mark.usefixtures("account")
def test_rejected_lines_of_a_provider_are_reported(tmp_path: Path) -> None:
    file = write_console_log(tmp_path / "1.csv", "SM1,sideways", "SM2,outbound-api")
    rejects = tmp_path / "rejects.ndjson"
    with pytest.raises(CommandError, match="1 lines were rejected"):
        run_command("import_traffic", "--from", "twilio", "--account", "acme", file, "--rejects", str(rejects))
    assert json.loads(rejects.read_text()) == {
        "file": file,
        "line": 2,
        "error": "direction: 'sideways' is not known",
    }
    assert stored_ids() == {"SM2"}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--from", "twilio"], "--from and --account must be given together"),
        (["--account", "acme"], "--from and --account must be given together"),
        (["--from", "twilio", "--account", "globex"], "there is no account 'globex'; create it with create_account"),
        (
            ["--from", "twilio", "--account", "acme", "--create-accounts"],
            "--create-accounts cannot be combined with --from",
        ),
        (["--from", "pigeon", "--account", "acme"], "invalid choice: 'pigeon'"),
    ],
)
def test_invalid_combinations_of_options_are_rejected(tmp_path: Path, options: Sequence[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run_command("import_traffic", write_console_log(tmp_path / "1.csv", "SM1,outbound-api"), *options)
    assert stored_ids() == set()


def test_every_provider_has_a_documentation_page() -> None:
    pages = {page.stem for page in (Path(settings.BASE_DIR) / "docs" / "operators" / "providers").glob("*.md")}
    assert pages == set(providers.PROVIDER_NAMES)


@pytest.mark.parametrize("name", providers.PROVIDER_NAMES)
def test_a_page_names_all_documented_fields(name: str) -> None:
    layout = providers.get_provider(name).layout
    page = (Path(settings.BASE_DIR) / "docs" / "operators" / "providers" / f"{name}.md").read_text()
    assert [field for field in layout.loaded | layout.ignored | set(layout.titles) if f"`{field}`" not in page] == []
