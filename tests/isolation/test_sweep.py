"""Nothing that an account gets shows another one's traffic, or moves with it: every address, parameter and figure."""

import pytest

from tests.isolation.addresses import Address
from tests.isolation.alike import OTHER, WATCHED, WORDS
from tests.isolation.conftest import OF_ACCOUNTS, World, rows, swept

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
