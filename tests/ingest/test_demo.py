"""The demo's world: always the same, the size asked for, and like life where it matters."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from itertools import islice
from statistics import median

import phonenumbers
import pytest

from smsreports.demo.generator import ACCOUNTS, RecordDict, generate_records
from smsreports.demo.world import OUTAGE_COUNTRY, OUTAGE_DURATION, OUTAGE_STARTED
from smsreports.sms.countries import find_country
from smsreports.sms.segments import count_segments, detect_encoding
from smsreports.sms.statuses import NAMES, STATUSES

UNTIL = datetime(2026, 2, 13, 10, 30, 15, 250_000, tzinfo=UTC)
MESSAGES, SENDS = 4000, 3000

SMS = {
    "type",
    "account",
    "message_id",
    "recipient",
    "country",
    "sender_id",
    "message",
    "status",
    "status_code",
}
SMS |= {"segments", "cost", "sent_at", "delivered_at"}
KEYS = {
    "message": SMS | {"client_message_id", "request_id", "contact_group_id", "created_at"},
    "send": SMS | {"broadcast", "clicked_at", "action_type", "action_at"},
    "broadcast": {
        "type",
        "account",
        "broadcast",
        "name",
        "message",
        "sender_id",
        "contact_group_id",
        "created_at",
    },
}
TIMES = ("created_at", "sent_at", "delivered_at", "clicked_at", "action_at")


@cache
def world(seed: int = 1) -> tuple[RecordDict, ...]:
    return tuple(generate_records(seed=seed, messages=MESSAGES, sends=SENDS, until=UNTIL))


def of(kind: str) -> list[RecordDict]:
    return [record for record in world() if record["type"] == kind]


def every_sms() -> list[RecordDict]:
    return of("message") + of("send")


def moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


def queued(record: RecordDict) -> datetime:
    """When the SMS was asked for: the moment by which lists order it."""
    return moment(record["created_at"] if record["type"] == "message" else record["sent_at"])


def delivered_share(some: Iterable[RecordDict]) -> float:
    outcomes = [record["status"] == "DELIVRD" for record in some]
    return sum(outcomes) / len(outcomes)


def test_the_same_seed_gives_the_same_data() -> None:
    assert tuple(generate_records(seed=1, messages=MESSAGES, sends=SENDS, until=UNTIL)) == world()


def test_it_is_the_same_in_another_time_zone() -> None:
    tokyo = UNTIL.astimezone(timezone(timedelta(hours=9)))
    assert tuple(generate_records(seed=1, messages=MESSAGES, sends=SENDS, until=tokyo)) == world()


def test_another_seed_gives_other_data() -> None:
    assert not {str(record) for record in world()} & {str(record) for record in world(2)}


@pytest.mark.parametrize(("messages", "sends"), [(0, 0), (1, 0), (0, 1), (1, 1), (2, 3), (10, 10), (700, 1601)])
def test_there_are_exactly_as_many_as_asked_for(messages: int, sends: int) -> None:
    some = generate_records(seed=3, messages=messages, sends=sends, until=UNTIL)
    counts = Counter(record["type"] for record in some)
    assert (counts["message"], counts["send"]) == (messages, sends)


def test_a_world_of_millions_begins_at_once() -> None:
    some = generate_records(seed=1, messages=5_000_000, sends=5_000_000, until=UNTIL)
    assert len(list(islice(some, 100))) == 100


def test_a_naive_end_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        generate_records(seed=1, messages=1, sends=1, until=UNTIL.replace(tzinfo=None))


def test_the_largest_account_has_six_tenths_of_the_traffic() -> None:
    counts = Counter(record["account"] for record in every_sms())
    assert set(counts) == {account.name for account in ACCOUNTS}
    assert counts[ACCOUNTS[0].name] == pytest.approx(0.6 * (MESSAGES + SENDS), rel=0.01)


def test_every_record_has_the_keys_of_the_contract() -> None:
    for record in world():
        assert set(record) == KEYS[str(record["type"])]


def test_no_key_of_a_row_comes_twice() -> None:
    for kind, key in (("message", "client_message_id"), ("send", "message_id"), ("broadcast", "broadcast")):
        keys = [(record["account"], record[key]) for record in of(kind)]
        assert len(set(keys)) == len(keys)


def test_a_client_message_id_has_the_vendors_form() -> None:
    for record in of("message"):
        assert re.fullmatch(r"api_\d+_\d{19}_[0-9a-f]{16}", str(record["client_message_id"]))


def test_every_time_is_utc_and_within_the_ninety_days() -> None:
    for record in world():
        for time in filter(None, map(record.get, TIMES)):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", str(time))
            assert UNTIL - timedelta(days=90) <= moment(time) <= UNTIL


def test_times_follow_each_other_as_they_do_in_life() -> None:
    for record in world():
        known = [moment(time) for time in map(record.get, TIMES) if time]
        assert known == sorted(known)


def test_records_arrive_in_order_of_time() -> None:
    arrivals = [moment(record.get("created_at") or record["sent_at"]) for record in world()]
    assert arrivals == sorted(arrivals)


def test_a_broadcast_comes_before_its_sends() -> None:
    known = set()
    for record in world():
        if record["type"] == "broadcast":
            known.add((record["account"], record["broadcast"]))
        elif record["type"] == "send":
            assert (record["account"], record["broadcast"]) in known


def test_numbers_are_valid_and_of_their_country() -> None:
    for number, region in {(str(record["recipient"]), record["country"]) for record in every_sms()[::3]}:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number))
        assert find_country(number) == region


def test_there_are_more_than_25_countries() -> None:
    assert len({record["country"] for record in of("message")}) > 25


def test_both_encodings_and_up_to_three_parts_occur() -> None:
    texts = [str(record["message"]) for record in every_sms()]
    assert {detect_encoding(text) for text in texts} == {"GSM-7", "UCS-2"}
    assert {count_segments(text) for text in texts} == {1, 2, 3}
    assert any(character > "\uffff" for text in texts for character in text)


def test_segments_are_those_of_the_text() -> None:
    assert all(record["segments"] == count_segments(str(record["message"])) for record in every_sms())


def test_senders_are_names_a_network_would_take() -> None:
    assert all(re.fullmatch(r"[A-Za-z]{3,11}", str(record["sender_id"])) for record in every_sms())


def test_money_is_exact_to_six_decimals() -> None:
    assert all(re.fullmatch(r"0|\d\.\d{4,6}", str(record["cost"])) for record in every_sms())


def test_every_status_occurs() -> None:
    assert {record["status"] for record in every_sms()} == set(NAMES)


def test_a_status_has_the_code_and_times_that_belong_to_it() -> None:
    for record in every_sms():
        status = str(record["status"])
        assert bool(record["status_code"]) == STATUSES[status].is_final
        assert (record["status_code"] == "000") == (record["delivered_at"] is not None) == (status == "DELIVRD")
        if record["type"] == "message":
            submitted = status not in ("pending", "failed")
            assert (record["sent_at"] is not None) == (record["message_id"] is not None) == submitted


def test_the_newest_minutes_have_traffic_still_on_its_way() -> None:
    newest = [record for record in every_sms() if queued(record) > UNTIL - timedelta(minutes=5)]
    assert {record["status"] for record in newest} >= {"pending", "DELIVRD"}


def test_a_slow_country_takes_longer_than_a_fast_one() -> None:
    delays = defaultdict(list)
    for record in every_sms():
        if record["delivered_at"] and record["type"] == "message":
            delay = moment(record["delivered_at"]) - moment(record["sent_at"])
            delays[record["country"]].append(delay.total_seconds())
    assert median(delays["NG"]) > 4 * median(delays["DE"])


def test_one_route_is_bad_for_two_days() -> None:
    begin = UNTIL.replace(hour=0, minute=0, second=0, microsecond=0) - OUTAGE_STARTED
    there = [record for record in every_sms() if record["country"] == OUTAGE_COUNTRY]
    bad = [record for record in there if begin <= queued(record) < begin + OUTAGE_DURATION]
    assert delivered_share(bad) < 0.6
    assert delivered_share(record for record in there if record not in bad) > 0.9


def test_days_off_and_nights_are_quieter() -> None:
    german = [queued(record) for record in of("message") if record["country"] == "DE"]
    hours = Counter(time.hour for time in german)
    assert hours[1] + hours[2] < hours[9] + hours[10]
    days = Counter(time.weekday() for time in german)
    assert days[5] + days[6] < 2 / 5 * sum(days[day] for day in range(5))


def test_some_requests_have_several_recipients_one_text_and_one_time() -> None:
    requests = defaultdict(list)
    for record in of("message"):
        requests[record["account"], record["request_id"]].append(record)
    sizes = {len(members) for members in requests.values()}
    assert min(sizes) == 1
    assert len(sizes) > 5
    assert max(sizes) <= 20
    for members in requests.values():
        assert len({(record["message"], record["created_at"], record["sender_id"]) for record in members}) == 1


def test_broadcasts_are_clicked_and_acted_on() -> None:
    sends = of("send")
    assert 0.01 < sum(record["clicked_at"] is not None for record in sends) / len(sends) < 0.15
    acted = [record for record in sends if record["action_at"]]
    assert {record["action_type"] for record in acted} == {"registration", "deposit"}
    assert all(record["action_type"] is None for record in sends if not record["action_at"])
