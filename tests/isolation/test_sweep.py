"""Nothing that an account gets shows another one's traffic, or moves with it: every address, parameter and figure."""

from typing import Any

import pytest
from django.db import transaction

from smsreports.accounts.models import RequestCount
from smsreports.middleware import PRIVATE
from tests.conftest import Person
from tests.isolation.addresses import Address
from tests.isolation.alike import OTHER, WATCHED, WORDS
from tests.isolation.conftest import OF_ACCOUNTS, OF_THE_REQUEST, World, rows, swept
from tests.isolation.questions import asking, ids, nowhere
from tests.isolation.writes import writes, writing

# What the other account wrote, and what nobody ever did.
THEIRS, NOBODYS = "4711", "8888"
AFTER = ("nothing", "loading", "writing")


@pytest.mark.parametrize("address", swept(), ids=lambda address: address.route)
def test_no_answer_moves_with_what_another_account_does(world: World, address: Address) -> None:
    asked = [one for one in world.answers if one.address == address.route]
    assert asked
    for one in asked:
        first, *later = world.answers[one].items()
        for after, answer in later:
            assert answer == first[1], f"{one.method} {one.url} is not what it was before the other account's {after}"


@pytest.mark.parametrize("address", swept(), ids=lambda address: address.route)
def test_no_answer_shows_another_accounts_texts(world: World, address: Address) -> None:
    for one, answers in world.answers.items():
        if one.address == address.route:
            assert WORDS[OTHER].encode() not in b"".join(answers.values()).lower(), one.url
            assert not one.by_key or OTHER.encode() not in b"".join(answers.values()).lower(), one.url


@pytest.mark.parametrize("address", swept(), ids=lambda address: address.route)
def test_every_answer_is_private(world: World, address: Address) -> None:
    """Between the server and the caller nobody keeps it."""
    for one, answers in world.answers.items():
        if one.address == address.route:
            heads = [answer.partition(b"\n\n")[0] for answer in answers.values()]
            assert all(f"\nCache-Control: {PRIVATE}".encode() in head for head in heads), one.url


def test_the_answers_show_the_accounts_own_texts(world: World) -> None:
    """Else all of this would hold of empty answers."""
    shown = {one.address for one, answers in world.answers.items() if WORDS[WATCHED].encode() in answers["writing"]}
    assert {"api/v1/sms/messages", "api/v1/sms/messages/unified/export", "api/sms/messages"} <= shown
    assert {"reports/messages", "reports/broadcasts/<int:row>", "admin/export/<slug:source>/"} <= shown


def test_most_questions_are_sound(world: World) -> None:
    answers = [answer["writing"][:3] for one, answer in world.answers.items() if one.by_key]
    assert answers.count(b"200") > len(answers) * 3 // 4
    assert set(answers) <= {b"200", b"400", b"404"}


@pytest.mark.parametrize("model", OF_ACCOUNTS, ids=lambda model: model.__name__)
def test_no_row_moves_with_what_another_account_does(world: World, model: type) -> None:
    label = model._meta.label  # type: ignore[attr-defined]
    first, *later = (world.rows[after][label] for after in AFTER)
    assert all(rows == first for rows in later)


def test_what_the_other_account_did_was_done(world: World) -> None:
    """Else all of this would hold of an account that does nothing."""
    for model in OF_ACCOUNTS:
        own, others = (len(rows(model, account)) for account in (WATCHED, OTHER))
        assert own <= others, model


def of_one_row() -> list[Address]:
    """The doors and pages whose address names a row; in the admin staff see everybody's."""
    return [address for address in swept() if address.parameters and (address.door or address.page)]


@pytest.mark.parametrize("address", of_one_row(), ids=lambda address: address.route)
def test_another_accounts_id_is_as_unknown_as_one_that_nobody_has(world: World, address: Address) -> None:
    theirs = [values for values in ids(address, OTHER) if values not in ids(address, WATCHED)]
    assert theirs
    for values in theirs:
        answers = [about(world, WATCHED, address, each) for each in (values, nowhere(values))]
        assert answers[0] == answers[1]
        assert answers[0].startswith(b"404")
        if address.door:
            assert about(world, OTHER, address, values).startswith(b"200")


def about(world: World, account: str, address: Address, values: dict[str, Any]) -> bytes:
    """The answer, without the id that it was asked for."""
    answer = world.ask(asking(address, values, {} if address.door else {"account": account}), account)
    return OF_THE_REQUEST.sub(rb"\1", answer).replace(str(list(values.values())[-1]).encode(), b"")


@pytest.mark.parametrize("key", ["", "sk_prod_nobodys"])
@pytest.mark.parametrize("address", of_one_row(), ids=lambda address: address.route)
def test_who_is_not_let_in_learns_of_no_id(world: World, address: Address, key: str) -> None:
    nobody = Person("", key)
    known = ids(address, WATCHED)[0]
    answers = {
        nobody.get(address.path(**each)).body.replace(path(address, each), b"") for each in (known, nowhere(known))
    }
    assert len(answers) == 1


def path(address: Address, values: dict[str, Any]) -> bytes:
    return address.path(**values).encode()


@pytest.mark.parametrize("address", writing(), ids=lambda address: address.route)
def test_what_is_written_of_anothers_id_is_answered_as_of_nobodys(world: World, address: Address) -> None:
    for theirs, nobodys in zip(writes(address, THEIRS), writes(address, NOBODYS), strict=True):
        answers = []
        for write in (theirs, nobodys):
            with transaction.atomic():
                answers.append(world.write(write, WATCHED).body)
                transaction.set_rollback(True)
        assert answers[0].replace(THEIRS.encode(), b"") == answers[1].replace(NOBODYS.encode(), b"")


def test_one_accounts_requests_are_not_counted_for_another(world: World, settings: Any) -> None:
    """A transaction is one moment to the database: no minute ends meanwhile."""
    settings.RATE_LIMIT = 2
    lists = [address.path() for address in swept() if address.door and not address.parameters]
    with transaction.atomic():
        # Those of other tests in this minute.
        RequestCount.objects.all().delete()
        for path in ("/api/v1/sms/messages", "/api/sms/messages"):
            first = world.keys[WATCHED].get(path)
            assert {world.keys[OTHER].get(each).status_code for each in lists} == {200, 429}
            second, over = world.keys[WATCHED].get(path), world.keys[WATCHED].get(path)
            assert (first.status_code, second.status_code, over.status_code) == (200, 200, 429)
        transaction.set_rollback(True)
