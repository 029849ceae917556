"""Distribution of the data: accounts, senders, countries, statuses and times, all deterministic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

DAYS = 90
MESSAGES_SHARE = 0.6
# The first account has 60 % of the traffic, the others share the rest.
ACCOUNTS = ("big", *(f"small-{number}" for number in range(1, 22)))
BIG_SHARE = 60
SENDERS = tuple(f"Sender{number:02}" for number in range(1, 11))
# One row in 2,000 has this sender, for the cost of a filter that matches few rows.
SMALL_SENDER, SMALL_SENDER_ONE_IN = "Seldom", 2_000
# 50 of 1.2 million rows have this status, which is alone in its group.
RARE_STATUS, RARE_ONE_IN = "UNKNOWN", 24_000
# Rows of 1,000.
STATUSES = {
    "DELIVRD": 905,
    "UNDELIV": 45,
    "EXPIRED": 15,
    "REJECTD": 10,
    "DELETED": 3,
    "failed": 7,
    "pending": 3,
    "sent": 4,
    "ENROUTE": 5,
    "ACCEPTD": 3,
}
STATUS_CODES = {
    "DELIVRD": "000",
    "UNDELIV": "027",
    "EXPIRED": "036",
    "REJECTD": "066",
    "DELETED": "008",
    "failed": "503",
}
# Rows of 100; a few numbers have no country.
COUNTRIES = {"US": 40, "GB": 20, "DE": 15, "ES": 10, "FR": 7, "IN": 5, "NG": 2, "": 1}
CALLING_CODES = {"US": "+1", "GB": "+44", "DE": "+49", "ES": "+34", "FR": "+33", "IN": "+91", "NG": "+234", "": "+999"}
PRICES = {"US": "0.006375", "GB": "0.0341", "DE": "0.0731", "ES": "0.0374", "FR": "0.0428", "IN": "0.001875"}
OTHER_PRICE = "0.0304"
# Recipients, each with one number in one country.
PEOPLE = 2_000_000
# The first GROUPED_MESSAGES of each block are one request; each of the others is a request of its own.
MESSAGES_BLOCK, GROUPED_MESSAGES = 40, 4
BROADCAST_SENDS = 10_000
BROADCAST_SECONDS = 3600
# Two texts need quotes in CSV, one needs UTF-8, and the last one has two segments.
TEXTS = (
    "Your code is {}. Do not share it with anyone.",
    "Order {0}: shipped today, follow it at https://shop.example/t/{0}",
    'Appointment {} is tomorrow at 10:15. Reply "C" to confirm or "R" to move it.',
    "Ihr Paket {} liegt zur Abholung bereit, Grüße aus München",
    "Dear customer, the invoice {} is due on Friday. You can pay it online at https://pay.example/{} or at any "
    "branch; if you have paid it already, please take no notice of this message. Thank you for your business.",
)
LONG_TEXT = len(TEXTS) - 1


@dataclass(frozen=True)
class DataSize:
    """Number of rows, spread over the days that end with `last_day`."""

    rows: int
    last_day: date

    @property
    def messages(self) -> int:
        return int(self.rows * MESSAGES_SHARE)

    @property
    def sends(self) -> int:
        return self.rows - self.messages

    @property
    def broadcasts(self) -> int:
        return -(-self.sends // BROADCAST_SENDS)

    @property
    def start(self) -> datetime:
        return self.end - timedelta(days=DAYS)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last_day, time.min, UTC) + timedelta(days=1)

    def step(self, number: int) -> float:
        """Return the seconds between two of `number` events spread over the days."""
        return DAYS * 24 * 3600 / max(number, 1)


def draw_sql(seed: int, below: int, key: str = "i") -> str:
    """Return SQL for a number from 0 to `below` - 1 that depends on `key`; different seeds are independent."""
    return f"((hashint8extended({key}, {seed}) & 2147483647) % {below})"


def weighted_choice_sql(number: str, weights: Mapping[str, int]) -> str:
    """Return SQL for one of the words by weight; `number` is drawn below the sum of the weights."""
    cases, total = [], 0
    for word, weight in weights.items():
        total += weight
        cases.append(f"WHEN {number} < {total} THEN '{word}'")
    return f"CASE {' '.join(cases)} END"


def lookup_sql(column: str, words: Mapping[str, str], otherwise: str) -> str:
    """Return SQL for the value that belongs to the word in `column`."""
    cases = " ".join(f"WHEN '{word}' THEN '{value}'" for word, value in words.items())
    return f"CASE {column} {cases} ELSE '{otherwise}' END"
