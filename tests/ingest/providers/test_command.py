"""`import_traffic --from`: whose files are read, into which account, and what is told of them."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError

from messages_app.models import Message
from smsreports.ingest import providers
from tests.ingest.conftest import run

TITLES = "From,To,Body,Status,SentDate,ApiVersion,NumSegments,ErrorCode,AccountSid,Sid,Direction,Price,PriceUnit"


def console_log(path: Path, *messages: str, titles: str = TITLES) -> str:
    """A file as Twilio's console gives it; of each message its id and direction."""
    named = (f"+14155550100,+14155551234,Hi,sent,2026-02-13T12:00:00Z,,1,,,{one},-0.01,EUR" for one in messages)
    path.write_text("".join(f"{line}\n" for line in (titles, *named)))
    return str(path)


def known() -> set[str]:
    return set(Message.everyones.values_list("client_message_id", flat=True))


@pytest.mark.usefixtures("account")
def test_another_systems_files_are_loaded_into_the_account_that_is_named(tmp_path: Path) -> None:
    first = console_log(tmp_path / "1.csv", "SM1,outbound-api", "SM2,inbound")
    second = Path(console_log(tmp_path / "2.csv", "SM1,outbound-api", "SM3,outbound-api")).read_bytes()
    printed, complained = run("import_traffic", "--from", "twilio", "--account", "acme", first, "-", stdin=second)
    assert (printed, complained) == ("2 accepted, 1 duplicates, 0 rejected, 1 skipped (inbound)\n", "")
    assert known() == {"SM1", "SM3"}


@pytest.mark.usefixtures("account")
def test_what_a_file_holds_beside_its_messages_is_told_once(tmp_path: Path) -> None:
    file = console_log(
        tmp_path / "1.csv", "SM1,outbound-api", "SM2,outbound-api", titles=TITLES.replace("PriceUnit", "\x1b[2J")
    )
    assert run("import_traffic", "--from", "twilio", "--account", "acme", file, file)[1].splitlines() == [
        "price_unit is missing: costs are assumed to be in EUR, the account's currency",
        "unknown columns, not loaded: '\\x1b[2J'",
    ]


@pytest.mark.usefixtures("account")
def test_lines_of_another_systems_file_are_named_as_those_of_ours(tmp_path: Path) -> None:
    file = console_log(tmp_path / "1.csv", "SM1,sideways", "SM2,outbound-api")
    rejects = tmp_path / "rejects.ndjson"
    with pytest.raises(CommandError, match="1 lines were rejected"):
        run("import_traffic", "--from", "twilio", "--account", "acme", file, "--rejects", str(rejects))
    assert json.loads(rejects.read_text()) == {
        "file": file,
        "line": 2,
        "error": "direction: 'sideways' is not known",
    }
    assert known() == {"SM2"}


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
def test_options_that_do_not_go_together_stop_the_load(tmp_path: Path, options: Sequence[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run("import_traffic", console_log(tmp_path / "1.csv", "SM1,outbound-api"), *options)
    assert known() == set()


def test_every_provider_has_its_page() -> None:
    pages = {page.stem for page in (Path(settings.BASE_DIR) / "docs" / "operators" / "providers").glob("*.md")}
    assert pages == set(providers.PROVIDER_NAMES)


@pytest.mark.parametrize("name", providers.PROVIDER_NAMES)
def test_a_page_names_every_field_that_its_provider_documents(name: str) -> None:
    layout = providers.get_provider(name).layout
    page = (Path(settings.BASE_DIR) / "docs" / "operators" / "providers" / f"{name}.md").read_text()
    assert [field for field in layout.loaded | layout.ignored | set(layout.titles) if f"`{field}`" not in page] == []
