"""Loading of lines: counts, rejected lines, conflicts and accounts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest.staging import prepare_tables
from tests.ingest.conftest import (
    LATER,
    TRAFFIC,
    Record,
    broadcast,
    dump_tables,
    get_counts,
    get_errors,
    load_records,
    message,
    send,
)

# Accepted, duplicate and rejected lines


@pytest.mark.usefixtures("account")
def test_new_lines_are_accepted() -> None:
    assert get_counts(load_records(*TRAFFIC)) == (len(TRAFFIC), 0, 0)


@pytest.mark.usefixtures("account")
def test_loading_twice_changes_nothing() -> None:
    load_records(*TRAFFIC)
    before = dump_tables()
    assert all(rows for table, rows in before.items())
    assert get_counts(load_records(*TRAFFIC)) == (0, len(TRAFFIC), 0)
    assert dump_tables() == before


@pytest.mark.usefixtures("account")
def test_a_repeated_line_of_a_file_is_a_duplicate() -> None:
    twice = [line for line in TRAFFIC for _ in range(2)]
    assert get_counts(load_records(*twice)) == (len(TRAFFIC), len(TRAFFIC), 0)


@pytest.mark.usefixtures("account", "small_batches")
def test_batches_make_no_difference() -> None:
    assert get_counts(load_records(*TRAFFIC, *TRAFFIC)) == (len(TRAFFIC), len(TRAFFIC), 0)


@pytest.mark.usefixtures("account")
def test_bad_lines_are_reported_by_number_and_good_lines_are_loaded() -> None:
    result = load_records(
        b"[]",
        message("m-1"),
        message("m-2", recipient="+everybody"),
        message("m-3", account="nobody"),
        message("m-4"),
        message("m-1", cost="9"),
        message("m-5", zone="x"),
    )
    assert get_counts(result) == (2, 0, 5)
    assert get_errors(result) == [
        (1, "is not a JSON object"),
        (3, "recipient: must not have letters within a number"),
        (4, "account: 'nobody' is not known"),
        (6, "conflicts with what is known: cost"),
        (7, "zone: unknown in a record of type message"),
    ]
    assert set(Message.unscoped.values_list("client_message_id", flat=True)) == {"m-1", "m-4"}


@pytest.mark.usefixtures("account")
def test_a_file_without_good_lines_loads_nothing() -> None:
    assert get_counts(load_records(b"{}", b"[]")) == (0, 0, 2)
    assert get_counts(load_records()) == (0, 0, 0)


@pytest.mark.usefixtures("account", "small_batches")
def test_lines_keep_their_numbers_in_later_batches() -> None:
    result = load_records(*(message(f"m-{number}") for number in range(7)), b"{}")
    assert [line for line, _ in get_errors(result)] == [8]


# Conflicts

CONFLICTS: dict[Callable[..., Record], dict[str, Any]] = {
    message: {
        "request_id": "r-2", "recipient": "+14155550000", "country": "CA", "sender_id": "Other", "message": "Other",
        "segments": 2, "cost": "0.000001", "contact_group_id": "g", "created_at": LATER, "message_id": "c-2",
    },
    broadcast: {
        "name": "Other", "message": "Other", "sender_id": "Other", "contact_group_id": "g", "created_at": LATER,
    },
    send: {
        "recipient": "+442071838751", "country": "JE", "sender_id": "Other", "message": "Other", "segments": 2,
        "cost": "0.000001", "broadcast": "winter", "sent_at": LATER,
    },
}  # fmt: skip
KNOWN = [broadcast(), broadcast("winter"), send(), message(message_id="c-1")]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("in_two_batches", [False, True], ids=["in one batch", "in two"])
@pytest.mark.parametrize("build_record", CONFLICTS)
def test_a_line_with_another_value_for_a_known_row_is_a_conflict(
    build_record: Callable[..., Record], in_two_batches: bool
) -> None:
    others = [build_record(**{key: value}) for key, value in CONFLICTS[build_record].items()]
    load_records(*KNOWN)
    once = dump_tables()
    result = load_records(*others) if in_two_batches else load_records(*KNOWN, *others)
    assert [error for _, error in get_errors(result)] == [
        f"conflicts with what is known: {key}" for key in CONFLICTS[build_record]
    ]
    assert dump_tables() == once


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("build_record", CONFLICTS)
def test_the_first_of_conflicting_lines_is_loaded(build_record: Callable[..., Record]) -> None:
    result = load_records(*KNOWN, *(build_record(**{key: value}) for key, value in CONFLICTS[build_record].items()))
    assert get_counts(result) == (len(KNOWN), 0, len(CONFLICTS[build_record]))
    once = dump_tables()
    assert get_counts(load_records(*KNOWN)) == (0, len(KNOWN), 0)
    assert dump_tables() == once


@pytest.mark.usefixtures("account")
def test_a_conflict_names_each_key_that_differs() -> None:
    load_records(message())
    assert get_errors(load_records(message(cost="1", country="CA", message="Other"))) == [
        (1, "conflicts with what is known: country, message, cost")
    ]


@pytest.mark.usefixtures("account")
def test_a_conflict_does_not_change_the_row() -> None:
    load_records(message())
    before = dump_tables()
    load_records(message(cost="1", message_id="c-1", status="DELIVRD", delivered_at=LATER))
    assert dump_tables() == before


@pytest.mark.usefixtures("account")
def test_a_rejected_line_does_not_reject_other_lines() -> None:
    result = load_records(message(), message(message_id="c-1", cost="1"), message(message_id="c-2"))
    assert get_errors(result) == [(2, "conflicts with what is known: cost")]
    assert Message.unscoped.get().message_id == "c-2"


@pytest.mark.usefixtures("account")
def test_a_record_that_spells_out_derived_values_is_a_duplicate() -> None:
    load_records(message(), broadcast(), send())
    message_values: Record = {
        "country": "US",
        "segments": 1,
        "request_id": "m-1",
        "cost": "0.000000",
        "status": "pending",
    }
    send_values: Record = {"country": "GB", "segments": 1, "sender_id": "Promo", "message": "50% off", "cost": 0}
    assert get_counts(load_records(message(**message_values), send(**send_values))) == (0, 2, 0)


@pytest.mark.usefixtures("account")
def test_the_same_time_in_another_zone_is_a_duplicate() -> None:
    load_records(message(created_at="2026-02-13T12:00:00Z"))
    assert get_counts(load_records(message(created_at="2026-02-13T14:00:00.000+02:00"))) == (0, 1, 0)


# Accounts


@pytest.mark.django_db
@pytest.mark.parametrize("create", [False, True])
def test_a_record_without_an_account_is_rejected(create: bool) -> None:
    result = load_records(message(account=None), message(account=7), create=create)
    assert get_errors(result) == [(1, "account: is missing"), (2, "account: must be text")]
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_an_unknown_account_is_created_only_with_the_create_option() -> None:
    assert get_errors(load_records(message())) == [(1, "account: 'acme' is not known")]
    assert get_counts(load_records(message(), create=True)) == (1, 0, 0)
    assert Message.unscoped.get().account == Account.objects.get(name="acme")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "a b", "../etc", "a\n", "a\0", "ä", "a" * 65])
def test_an_account_with_an_invalid_name_is_not_created(name: str) -> None:
    [rejected] = load_records(message(account=name), create=True).rejected
    assert rejected.error.startswith("account: ")
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_a_bad_record_does_not_create_an_account() -> None:
    load_records(message(recipient="?"), create=True)
    assert not Account.objects.exists()


def test_two_accounts_can_use_the_same_ids(account: Account) -> None:
    Account.objects.create(name="other")
    assert get_counts(load_records(*TRAFFIC, *(line | {"account": "other"} for line in TRAFFIC))) == (
        2 * len(TRAFFIC),
        0,
        0,
    )


# Random lines

JSON: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=5) | st.just([])
)
GOOD = st.sampled_from([*TRAFFIC, *KNOWN, message("m-2", status="DELIVRD", delivered_at=LATER)])
KEYS = st.sampled_from(sorted({key for line in TRAFFIC for key in line} | {"cost", "segments", "country"}))
ODD = st.tuples(GOOD, st.dictionaries(KEYS, JSON, max_size=2)).map(lambda pair: pair[0] | pair[1])
LINES = st.lists(GOOD | ODD | ODD | st.binary(min_size=1, max_size=20), max_size=12)


@pytest.mark.usefixtures("account")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
def test_each_line_is_counted_once_for_any_input(lines: list[Any]) -> None:
    with connection.cursor() as cursor:
        prepare_tables(cursor)
    with transaction.atomic():
        accepted, duplicates, rejected = get_counts(load_records(*lines))
        again = load_records(*lines)
        transaction.set_rollback(True)
    waited = accepted + duplicates + rejected - len(lines)
    assert 0 <= waited <= rejected
    assert again.accepted == 0
