"""Demo traffic: reproducible, of the requested size, and realistic where it matters."""

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
def generate_world(seed: int = 1) -> tuple[RecordDict, ...]:
    return tuple(generate_records(seed=seed, messages=MESSAGES, sends=SENDS, until=UNTIL))


def select_records(kind: str) -> list[RecordDict]:
    return [record for record in generate_world() if record["type"] == kind]


def select_sms() -> list[RecordDict]:
    return select_records("message") + select_records("send")


def parse_time(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


def get_queued_time(record: RecordDict) -> datetime:
    """Return the time of the SMS by which lists are ordered."""
    return parse_time(record["created_at"] if record["type"] == "message" else record["sent_at"])


def get_delivered_share(records: Iterable[RecordDict]) -> float:
    outcomes = [record["status"] == "DELIVRD" for record in records]
    return sum(outcomes) / len(outcomes)


def test_the_same_seed_gives_the_same_data() -> None:
    assert tuple(generate_records(seed=1, messages=MESSAGES, sends=SENDS, until=UNTIL)) == generate_world()


def test_another_time_zone_gives_the_same_data() -> None:
    tokyo = UNTIL.astimezone(timezone(timedelta(hours=9)))
    assert tuple(generate_records(seed=1, messages=MESSAGES, sends=SENDS, until=tokyo)) == generate_world()


def test_another_seed_gives_other_data() -> None:
    assert not {str(record) for record in generate_world()} & {str(record) for record in generate_world(2)}


@pytest.mark.parametrize(("messages", "sends"), [(0, 0), (1, 0), (0, 1), (1, 1), (2, 3), (10, 10), (700, 1601)])
def test_the_numbers_of_messages_and_sends_are_exact(messages: int, sends: int) -> None:
    records = generate_records(seed=3, messages=messages, sends=sends, until=UNTIL)
    counts = Counter(record["type"] for record in records)
    assert (counts["message"], counts["send"]) == (messages, sends)


def test_the_first_of_millions_of_records_come_immediately() -> None:
    records = generate_records(seed=1, messages=5_000_000, sends=5_000_000, until=UNTIL)
    assert len(list(islice(records, 100))) == 100


def test_a_naive_end_is_rejected() -> None:
    with pytest.raises(ValueError, match="aware"):
        generate_records(seed=1, messages=1, sends=1, until=UNTIL.replace(tzinfo=None))


def test_the_largest_account_has_60_percent_of_the_traffic() -> None:
    counts = Counter(record["account"] for record in select_sms())
    assert set(counts) == {account.name for account in ACCOUNTS}
    assert counts[ACCOUNTS[0].name] == pytest.approx(0.6 * (MESSAGES + SENDS), rel=0.01)


def test_each_record_has_the_keys_of_the_contract() -> None:
    for record in generate_world():
        assert set(record) == KEYS[str(record["type"])]


def test_keys_of_rows_are_unique() -> None:
    for kind, key in (("message", "client_message_id"), ("send", "message_id"), ("broadcast", "broadcast")):
        keys = [(record["account"], record[key]) for record in select_records(kind)]
        assert len(set(keys)) == len(keys)


def test_a_client_message_id_has_the_vendors_form() -> None:
    for record in select_records("message"):
        assert re.fullmatch(r"api_\d+_\d{19}_[0-9a-f]{16}", str(record["client_message_id"]))


def test_times_are_in_utc_and_within_ninety_days() -> None:
    for record in generate_world():
        for time in filter(None, map(record.get, TIMES)):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", str(time))
            assert UNTIL - timedelta(days=90) <= parse_time(time) <= UNTIL


def test_times_of_a_record_are_in_order() -> None:
    for record in generate_world():
        known = [parse_time(time) for time in map(record.get, TIMES) if time]
        assert known == sorted(known)


def test_records_are_ordered_by_time() -> None:
    arrivals = [parse_time(record.get("created_at") or record["sent_at"]) for record in generate_world()]
    assert arrivals == sorted(arrivals)


def test_a_broadcast_comes_before_its_sends() -> None:
    known = set()
    for record in generate_world():
        if record["type"] == "broadcast":
            known.add((record["account"], record["broadcast"]))
        elif record["type"] == "send":
            assert (record["account"], record["broadcast"]) in known


def test_phone_numbers_are_valid_in_their_country() -> None:
    for number, region in {(str(record["recipient"]), record["country"]) for record in select_sms()[::3]}:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number))
        assert find_country(number) == region


def test_there_are_more_than_25_countries() -> None:
    assert len({record["country"] for record in select_records("message")}) > 25


def test_both_encodings_and_up_to_three_segments_occur() -> None:
    texts = [str(record["message"]) for record in select_sms()]
    assert {detect_encoding(text) for text in texts} == {"GSM-7", "UCS-2"}
    assert {count_segments(text) for text in texts} == {1, 2, 3}
    assert any(character > "\uffff" for text in texts for character in text)


def test_segments_match_the_text() -> None:
    assert all(record["segments"] == count_segments(str(record["message"])) for record in select_sms())


def test_sender_ids_are_valid_alphanumeric_names() -> None:
    assert all(re.fullmatch(r"[A-Za-z]{3,11}", str(record["sender_id"])) for record in select_sms())


def test_costs_have_at_most_six_decimals() -> None:
    assert all(re.fullmatch(r"0|\d\.\d{4,6}", str(record["cost"])) for record in select_sms())


def test_each_status_occurs() -> None:
    assert {record["status"] for record in select_sms()} == set(NAMES)


def test_codes_and_times_match_the_status() -> None:
    for record in select_sms():
        status = str(record["status"])
        assert bool(record["status_code"]) == STATUSES[status].is_final
        assert (record["status_code"] == "000") == (record["delivered_at"] is not None) == (status == "DELIVRD")
        if record["type"] == "message":
            submitted = status not in ("pending", "failed")
            assert (record["sent_at"] is not None) == (record["message_id"] is not None) == submitted


def test_the_newest_minutes_contain_pending_traffic() -> None:
    newest = [record for record in select_sms() if get_queued_time(record) > UNTIL - timedelta(minutes=5)]
    assert {record["status"] for record in newest} >= {"pending", "DELIVRD"}


def test_a_slow_country_takes_longer_than_a_fast_one() -> None:
    delays = defaultdict(list)
    for record in select_sms():
        if record["delivered_at"] and record["type"] == "message":
            delay = parse_time(record["delivered_at"]) - parse_time(record["sent_at"])
            delays[record["country"]].append(delay.total_seconds())
    assert median(delays["NG"]) > 4 * median(delays["DE"])


def test_one_country_has_an_outage_of_two_days() -> None:
    begin = UNTIL.replace(hour=0, minute=0, second=0, microsecond=0) - OUTAGE_STARTED
    country_sms = [record for record in select_sms() if record["country"] == OUTAGE_COUNTRY]
    outage_sms = [record for record in country_sms if begin <= get_queued_time(record) < begin + OUTAGE_DURATION]
    assert get_delivered_share(outage_sms) < 0.6
    assert get_delivered_share(record for record in country_sms if record not in outage_sms) > 0.9


def test_weekends_and_nights_have_less_traffic() -> None:
    german = [get_queued_time(record) for record in select_records("message") if record["country"] == "DE"]
    hours = Counter(time.hour for time in german)
    assert hours[1] + hours[2] < hours[9] + hours[10]
    days = Counter(time.weekday() for time in german)
    assert days[5] + days[6] < 2 / 5 * sum(days[day] for day in range(5))


def test_some_requests_have_several_recipients_with_the_same_text_and_time() -> None:
    requests = defaultdict(list)
    for record in select_records("message"):
        requests[record["account"], record["request_id"]].append(record)
    sizes = {len(members) for members in requests.values()}
    assert min(sizes) == 1
    assert len(sizes) > 5
    assert max(sizes) <= 20
    for members in requests.values():
        assert len({(record["message"], record["created_at"], record["sender_id"]) for record in members}) == 1


def test_broadcasts_have_clicks_and_actions() -> None:
    sends = select_records("send")
    assert 0.01 < sum(record["clicked_at"] is not None for record in sends) / len(sends) < 0.15
    acted = [record for record in sends if record["action_at"]]
    assert {record["action_type"] for record in acted} == {"registration", "deposit"}
    assert all(record["action_type"] is None for record in sends if not record["action_at"])
