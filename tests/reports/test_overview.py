"""The overview against `stats`, and against the lists that its figures lead to."""

import csv
import io
import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.test import Client

from smsreports.accounts.models import Account
from smsreports.sms.windows import PERIODS
from tests.conftest import Person, load, message
from tests.reports.conftest import TODAY, links

STATS = "/api/v1/sms/stats"
# Random questions that each test asks.
ASKED = 12


def some_filters(rng: random.Random) -> dict[str, str]:
    """A question that pages and the API understand alike."""
    days = sorted(date(2026, 1, 12) + timedelta(days=rng.randrange(35)) for _ in range(2))
    asked = rng.choice(
        [{"period": rng.choice(PERIODS)}, {"from": str(days[0]), "to": str(days[1])}, {"from": str(days[0])}]
    )
    asked["source"] = rng.choice(("api", "broadcasts", "all"))
    for name, words in {
        "status": ("delivered", "undelivered", "pending", "sent", "failed", "unknown"),
        "country": ("US", "de"),
        "sender": ("MyApp", "R&D"),
    }.items():
        if rng.random() < 0.3:
            asked[name] = rng.choice(words)
    return asked


@pytest.fixture(params=range(ASKED))
def asked(request: pytest.FixtureRequest) -> dict[str, str]:
    return some_filters(random.Random(request.param))


def test_the_totals_are_those_of_stats(traffic: None, staff: Client, owner: Person, asked: dict[str, str]) -> None:
    totals = staff.get("/reports/", asked | {"account": "acme"}).context["totals"]
    stats = owner.get(STATS, asked).json()["stats"]
    assert (totals.sent, totals.delivered) == (stats["total_sent"], stats["delivered"])
    assert totals.sms["undelivered"] + totals.sms["unknown"] == stats["undelivered"]
    assert (totals.sms["pending"], totals.sms["expired"]) == (stats["pending"], stats["expired"])
    assert float(totals.rate or 0) == stats["delivery_rate"]
    assert float(totals.cost.quantize(Decimal("0.01"), ROUND_HALF_UP)) == stats["total_cost"]


def test_the_file_has_the_days_of_stats(traffic: None, staff: Client, owner: Person, asked: dict[str, str]) -> None:
    answer = staff.get("/reports/", asked | {"account": "acme", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    days = [day for day in owner.get(f"{STATS}/daily", asked).json()["days"] if day["sent"]]
    assert [(row["day"], int(row["sent"]), float(row["delivery_rate"])) for row in rows] == [
        (day["date"], day["sent"], day["delivery_rate"]) for day in days
    ]


def test_every_figure_leads_to_just_the_rows_that_it_counts(
    traffic: None, staff: Client, asked: dict[str, str]
) -> None:
    """What stands in a link is the total of the list behind it."""
    page = staff.get("/reports/", asked | {"account": "acme"})
    counted = [(href, int(text)) for href, text in links(page) if text.isdigit() and "/messages" in href]
    assert bool(counted) == bool(page.context["totals"].sent)
    assert [href for href, number in counted if staff.get(href).context["pages"].total != number] == []


def test_every_part_of_the_chart_leads_to_its_rows(traffic: None, staff: Client) -> None:
    page = staff.get("/reports/?period=30d&account=acme")
    bars = page.context["bars"].bars
    for part in [part for bar in bars[:15] for part in bar.segments]:
        number = int(part.title.split(": ")[1].split()[0])
        assert staff.get(part.href).context["pages"].total == number


def test_the_lists_of_the_largest_lead_to_their_rows(traffic: None, staff: Client) -> None:
    page = staff.get("/reports/?period=30d&account=acme")
    rows = [row for row in (*page.context["countries"], *page.context["senders"]) if row.href]
    assert {row.name for row in rows} == {"US", "DE", "", "MyApp", "R&D", "Promo"}
    assert [row.name for row in rows if staff.get(row.href).context["pages"].total != row.totals.sent] == []


def test_changes_are_against_as_many_days_before(traffic: None, staff: Client) -> None:
    page = staff.get("/reports/?account=acme&from=2026-02-06&to=2026-02-13")
    before = staff.get(page.context["before_link"])
    assert (before.context["selection"].first_day, before.context["selection"].last_day) == (
        date(2026, 1, 29),
        date(2026, 2, 5),
    )
    now, then = page.context["totals"], before.context["totals"]
    assert page.context["changes"]["rate"].amount == now.rate - then.rate


def test_bars_say_what_the_days_are(traffic: None, staff: Client) -> None:
    """A year of days would be too many to see; the sum of what is drawn stays the same."""
    page = staff.get("/reports/?account=acme&from=2025-02-14&to=2026-02-13")
    assert page.context["step"] == "week"
    assert sum(day.totals.sent for day in page.context["days"]) == page.context["totals"].sent


def test_times_are_said_in_a_chosen_zone_beside_utc(traffic: None, staff: Client) -> None:
    text = staff.get("/reports/?account=acme&period=today&tz=Asia/Kolkata").content.decode()
    assert "2026-02-13 00:00" in text and "2026-02-13 05:30 to 2026-02-14 05:30 Asia/Kolkata" in text


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("account", "nobody", "there is no account of this name"),
        ("period", "week", "must be one of today, yesterday, 7d, 30d, this_month, last_month"),
        ("from", "2026-02-30", "must be a day, YYYY-MM-DD"),
        ("to", "13.2.2026", "must be a day, YYYY-MM-DD"),
        ("source", "fax", "must be one of all, api, broadcasts"),
        ("status", "lost", "must be one of delivered, undelivered, expired, pending, unknown, sent, failed"),
        ("country", "USA", "must be a country code of two letters, such as US"),
        ("sender", "a\0", "Null characters are not allowed."),
        ("tz", "Mars/Base", "must be a time zone, such as Europe/Berlin"),
        ("tz", "../../etc/passwd", "must be a time zone, such as Europe/Berlin"),
        ("format", "pdf", "must be one of csv"),
    ],
)
def test_an_odd_filter_is_named_at_its_field(traffic: None, staff: Client, name: str, value: str, reason: str) -> None:
    """A page shows what the others leave; a file cannot say that it did so, and is none."""
    answer = staff.get("/reports/", {name: value})
    file = staff.get("/reports/", {name: value, "format": "csv"} | {name: value})
    assert (file.status_code, file.content.decode()) == (400, f"{name}: {reason}\n")
    if name != "format":
        assert (answer.status_code, answer.context["faults"]) == (200, [(name, reason)])
        assert reason in answer.content.decode()


def test_the_other_filters_count_where_one_is_odd(traffic: None, staff: Client) -> None:
    odd, even = staff.get("/reports/?country=USA&period=30d"), staff.get("/reports/?period=30d")
    assert odd.context["totals"] == even.context["totals"]
    assert 'value="USA"' in odd.content.decode()
    assert not any("USA" in href for href, _ in links(odd))


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("period=7d&from=2026-02-01", ("period", "must not be given together with from or to")),
        ("from=2026-02-02&to=2026-02-01", ("from", "must not be after to")),
        ("country=US&country=DE", ("country", "is given more than once")),
        ("sender=%FF", ("sender", "must be UTF-8")),
    ],
)
def test_what_contradicts_itself_is_named(traffic: None, staff: Client, query: str, fault: tuple[str, str]) -> None:
    assert staff.get(f"/reports/?{query}").context["faults"] == [fault]


def test_the_edges_of_the_calendar_are_days_too(traffic: None, staff: Client) -> None:
    for query in (
        "from=0001-01-01",
        "to=9999-12-31",
        "from=9999-12-31",
        "from=0001-01-01&to=9999-12-31",
        "to=0001-01-01",
    ):
        for page in ("", "messages", "countries", "senders", "health", "broadcasts"):
            assert staff.get(f"/reports/{page}?{query}&tz=Asia/Tokyo").status_code == 200, (page, query)


def test_fields_left_empty_leave_the_address(staff: Client) -> None:
    answer = staff.get("/reports/?country=&sender=&period=30d&status=")
    assert (answer.status_code, answer["Location"]) == (302, "/reports/?period=30d")


def test_without_any_account_a_page_says_what_to_do(staff: Client) -> None:
    assert "manage.py create_account" in staff.get("/reports/").content.decode()


def test_an_empty_account_says_what_to_do(staff: Client, account: Account) -> None:
    text = staff.get("/reports/").content.decode()
    assert "acme has not sent anything yet" in text and "manage.py import_traffic" in text


def test_filters_that_leave_nothing_say_so(traffic: None, staff: Client) -> None:
    text = staff.get("/reports/?account=acme&country=FR").content.decode()
    assert "Nothing was sent here" in text and "has not sent anything" not in text


@pytest.mark.parametrize("page", ["", "messages", "senders"])
def test_words_of_others_are_shown_and_never_run(staff: Client, on_the_day: None, page: str) -> None:
    nasty = "<script>alert(1)</script>"
    load([message(message=nasty, sender_id=nasty[:32], created_at=f"{TODAY}T10:00:00Z")])
    text = staff.get(f"/reports/{page}").content.decode()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_a_formula_in_a_file_does_not_run(staff: Client, on_the_day: None) -> None:
    load([message(sender_id="=1+1", created_at=f"{TODAY}T10:00:00Z")])
    assert "'=1+1,1," in staff.get("/reports/senders?format=csv").content.decode()


def test_pages_have_nothing_that_their_policy_would_stop(traffic: None, staff: Client) -> None:
    for page in ("", "messages", "countries", "senders", "health", "broadcasts"):
        answer: Any = staff.get(f"/reports/{page}?period=30d")
        text = answer.content.decode().replace('<script src="/static/smsreports/export.js" defer>', "")
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert not [bad for bad in ("<style", " style=", " onclick=", "<script", "http://", "https://") if bad in text]
