"""Overview against `stats`, and against the lists that its numbers link to."""

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
from tests.conftest import ApiClient, load_lines, message_line
from tests.reports.conftest import TODAY, read_links

STATS = "/api/v1/sms/stats"
# Random queries of each test.
QUERIES = 12


def random_query(rng: random.Random) -> dict[str, str]:
    """Return parameters that pages and the API have in common."""
    days = sorted(date(2026, 1, 12) + timedelta(days=rng.randrange(35)) for _ in range(2))
    query = rng.choice(
        [{"period": rng.choice(PERIODS)}, {"from": str(days[0]), "to": str(days[1])}, {"from": str(days[0])}]
    )
    query["source"] = rng.choice(("api", "broadcasts", "all"))
    for name, values in {
        "status": ("delivered", "undelivered", "pending", "sent", "failed", "unknown"),
        "country": ("US", "de"),
        "sender": ("MyApp", "R&D"),
    }.items():
        if rng.random() < 0.3:
            query[name] = rng.choice(values)
    return query


@pytest.fixture(params=range(QUERIES))
def query(request: pytest.FixtureRequest) -> dict[str, str]:
    return random_query(random.Random(request.param))


def test_the_totals_equal_those_of_stats(traffic: None, staff: Client, owner: ApiClient, query: dict[str, str]) -> None:
    totals = staff.get("/reports/", query | {"account": "acme"}).context["totals"]
    stats = owner.get(STATS, query).json()["stats"]
    assert (totals.sent, totals.delivered) == (stats["total_sent"], stats["delivered"])
    assert totals.sms_by_group["undelivered"] + totals.sms_by_group["unknown"] == stats["undelivered"]
    assert (totals.sms_by_group["pending"], totals.sms_by_group["expired"]) == (stats["pending"], stats["expired"])
    assert float(totals.rate or 0) == stats["delivery_rate"]
    assert float(totals.cost.quantize(Decimal("0.01"), ROUND_HALF_UP)) == stats["total_cost"]


def test_the_csv_file_has_the_days_of_stats(
    traffic: None, staff: Client, owner: ApiClient, query: dict[str, str]
) -> None:
    response = staff.get("/reports/", query | {"account": "acme", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    days = [day for day in owner.get(f"{STATS}/daily", query).json()["days"] if day["sent"]]
    assert [(row["day"], int(row["sent"]), float(row["delivery_rate"])) for row in rows] == [
        (day["date"], day["sent"], day["delivery_rate"]) for day in days
    ]


def test_every_number_links_to_exactly_the_rows_it_counts(traffic: None, staff: Client, query: dict[str, str]) -> None:
    """The number in a link is the total of the list that it links to."""
    page = staff.get("/reports/", query | {"account": "acme"})
    numbers = [(href, int(text)) for href, text in read_links(page) if text.isdigit() and "/messages" in href]
    assert bool(numbers) == bool(page.context["totals"].sent)
    assert [href for href, number in numbers if staff.get(href).context["pages"].total != number] == []


def test_every_segment_of_the_chart_links_to_its_rows(traffic: None, staff: Client) -> None:
    page = staff.get("/reports/?period=30d&account=acme")
    bars = page.context["bars"].bars
    for segment in [segment for bar in bars[:15] for segment in bar.segments]:
        number = int(segment.title.split(": ")[1].split()[0])
        assert staff.get(segment.href).context["pages"].total == number


def test_top_countries_and_senders_link_to_their_rows(traffic: None, staff: Client) -> None:
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
    current, previous = page.context["totals"], before.context["totals"]
    assert page.context["changes"]["rate"].amount == current.rate - previous.rate


def test_a_long_period_has_bars_by_week(traffic: None, staff: Client) -> None:
    """A year has too many days for bars. The sum of the bars stays the same."""
    page = staff.get("/reports/?account=acme&from=2025-02-14&to=2026-02-13")
    assert page.context["step"] == "week"
    assert sum(day.totals.sent for day in page.context["period_rows"]) == page.context["totals"].sent


def test_times_are_shown_in_utc_and_in_the_chosen_zone(traffic: None, staff: Client) -> None:
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
def test_an_invalid_filter_is_reported_with_its_name(
    traffic: None, staff: Client, name: str, value: str, reason: str
) -> None:
    """A page applies the other filters. A file cannot report that, so there is none."""
    response = staff.get("/reports/", {name: value})
    file = staff.get("/reports/", {name: value, "format": "csv"} | {name: value})
    assert (file.status_code, file.content.decode()) == (400, f"{name}: {reason}\n")
    if name != "format":
        assert (response.status_code, response.context["errors"]) == (200, [(name, reason)])
        assert reason in response.content.decode()


def test_the_other_filters_apply_if_one_is_invalid(traffic: None, staff: Client) -> None:
    invalid, plain = staff.get("/reports/?country=USA&period=30d"), staff.get("/reports/?period=30d")
    assert invalid.context["totals"] == plain.context["totals"]
    assert 'value="USA"' in invalid.content.decode()
    assert not any("USA" in href for href, _ in read_links(invalid))


@pytest.mark.parametrize(
    ("raw_query", "error"),
    [
        ("period=7d&from=2026-02-01", ("period", "must not be given together with from or to")),
        ("from=2026-02-02&to=2026-02-01", ("from", "must not be after to")),
        ("country=US&country=DE", ("country", "is given more than once")),
        ("sender=%FF", ("sender", "must be UTF-8")),
    ],
)
def test_contradicting_parameters_are_reported(
    traffic: None, staff: Client, raw_query: str, error: tuple[str, str]
) -> None:
    assert staff.get(f"/reports/?{raw_query}").context["errors"] == [error]


@pytest.mark.parametrize("page", ["health?period=7d&period=30d", "broadcasts?status=failed&status=sent"])
def test_a_repeated_parameter_of_other_pages_is_ignored(traffic: None, staff: Client, page: str) -> None:
    response = staff.get(f"/reports/{page}")
    assert (response.status_code, response.context["errors"]) == (200, [])


def test_the_first_and_last_days_of_the_calendar_are_accepted(traffic: None, staff: Client) -> None:
    for query in (
        "from=0001-01-01",
        "to=9999-12-31",
        "from=9999-12-31",
        "from=0001-01-01&to=9999-12-31",
        "to=0001-01-01",
    ):
        for page in ("", "messages", "countries", "senders", "health", "broadcasts"):
            assert staff.get(f"/reports/{page}?{query}&tz=Asia/Tokyo").status_code == 200, (page, query)


def test_empty_parameters_are_removed_from_the_url(staff: Client) -> None:
    response = staff.get("/reports/?country=&sender=&period=30d&status=")
    assert (response.status_code, response["Location"]) == (302, "/reports/?period=30d")


def test_a_page_without_accounts_names_the_command_that_creates_one(staff: Client) -> None:
    assert "manage.py create_account" in staff.get("/reports/").content.decode()


def test_an_empty_account_has_a_notice_with_the_import_command(staff: Client, account: Account) -> None:
    text = staff.get("/reports/").content.decode()
    assert "acme has not sent anything yet" in text and "manage.py import_traffic" in text


def test_filters_without_a_match_have_a_notice(traffic: None, staff: Client) -> None:
    text = staff.get("/reports/?account=acme&country=FR").content.decode()
    assert "Nothing was sent here" in text and "has not sent anything" not in text


@pytest.mark.parametrize("page", ["", "messages", "senders"])
def test_texts_and_senders_are_escaped(staff: Client, fixed_today: None, page: str) -> None:
    script = "<script>alert(1)</script>"
    load_lines([message_line(message=script, sender_id=script[:32], created_at=f"{TODAY}T10:00:00Z")])
    text = staff.get(f"/reports/{page}").content.decode()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_a_formula_in_a_csv_file_is_escaped(staff: Client, fixed_today: None) -> None:
    load_lines([message_line(sender_id="=1+1", created_at=f"{TODAY}T10:00:00Z")])
    assert "'=1+1,1," in staff.get("/reports/senders?format=csv").content.decode()


def test_pages_comply_with_the_content_security_policy(traffic: None, staff: Client) -> None:
    for page in ("", "messages", "countries", "senders", "health", "broadcasts"):
        response: Any = staff.get(f"/reports/{page}?period=30d")
        text = response.content.decode().replace('<script src="/static/smsreports/export.js" defer>', "")
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert not [bad for bad in ("<style", " style=", " onclick=", "<script", "http://", "https://") if bad in text]
