"""Parameters of the demo traffic: accounts, their countries, and the countries' delivery rates."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

# Length of the whole period.
DAYS = 90
HOURS_OF_WEEK = 7 * 24
# Relative traffic by local hour, midnight first.
HOURS = (9, 5, 3, 2, 2, 4, 12, 28, 52, 74, 88, 92, 86, 80, 82, 84, 86, 90, 98, 100, 92, 70, 42, 20)
# Factor for days off; sigma of the days' random variation; growth from the first day to the last.
DAY_OFF, NOISE, GROWTH = 0.62, 0.08, 0.33

# Share of requests with several recipients, 20 at most; share of login codes among the others.
SEVERAL_SHARE, MAX_RECIPIENTS, LOGIN_SHARE = 0.03, 20, 0.7
# Share of the requests with several recipients that go to a contact group; groups of an account.
TO_GROUP_SHARE, GROUPS_PER_ACCOUNT = 0.4, 5

# Mean seconds until the carrier accepts a message. A few are held for minutes, and so are those of the last
# JAM_DURATION, when the connection is jammed. Campaigns have a longer queue.
QUEUE_SECONDS, HELD_SHARE, HELD_QUEUE_SECONDS, CAMPAIGN_QUEUE_SECONDS = 0.4, 0.03, 400.0, 45.0
JAM_DURATION = timedelta(minutes=15)
# Statuses before the final one. Until a network has acknowledged an SMS it is `sent`.
INTERMEDIATE_STATUSES, ACKNOWLEDGEMENT_DELAY = ("ENROUTE", "ENROUTE", "ACCEPTD", "sent"), timedelta(seconds=4)
# Times to a handset are log-normal around the route's median with this sigma: most near it, a few far longer.
DELIVERY_SIGMA = 0.7
# Delay of the other final statuses: the minimum (one day of validity, three days without a report), and the mean of the
# seconds on top.
FAILURE_DELAYS = {
    "UNDELIV": (timedelta(), 2400.0),
    "EXPIRED": (timedelta(days=1), 90.0),
    "REJECTD": (timedelta(), 1.5),
    "UNKNOWN": (timedelta(days=3), 600.0),
    "DELETED": (timedelta(), 9000.0),
}

# Average sends of a campaign. When there are MAX_CAMPAIGNS, more sends make them larger.
CAMPAIGN_SIZE, MAX_CAMPAIGNS = 800, 80
# Sigma of the log-normal distribution of the campaigns' sizes: some hundreds to some thousands.
CAMPAIGN_SIZE_SIGMA = 0.7
# Seconds of a campaign per send, within bounds that keep every campaign inside its day.
SECONDS_PER_SEND, MIN_CAMPAIGN_SECONDS, MAX_CAMPAIGN_SECONDS = 0.8, 600.0, 3 * 3600.0
# A broadcast is created this many seconds before it starts, at most and at least.
PREPARATION_SECONDS = (3000.0, 120.0)
# The first account's last campaign began this long before the end and is still running.
RUNNING_SINCE = timedelta(minutes=25)
# Range of the share of recipients who click, and of the share of these who act; mean seconds until they do.
CLICK_SHARES, ACTION_SHARES = (0.03, 0.14), (0.08, 0.30)
CLICK_SECONDS, ACTION_SECONDS = 5400.0, 1500.0
ACTION_TYPES = ("registration", "deposit")

# Final statuses of undelivered messages and their weights; status codes of all final statuses.
FAILURE_WEIGHTS = {"UNDELIV": 50, "EXPIRED": 19, "REJECTD": 12, "UNKNOWN": 7, "DELETED": 6, "failed": 6}
STATUS_CODES = {
    "DELIVRD": ("000",),
    "UNDELIV": ("001", "005", "027", "031"),
    "EXPIRED": ("007", "036"),
    "REJECTD": ("011", "021", "066"),
    "UNKNOWN": ("255",),
    "DELETED": ("008",),
    "failed": ("500", "503"),
}
FINAL_STATUSES = tuple(STATUS_CODES)


@dataclass(frozen=True)
class Route:
    """Behaviour of one country's carriers: median seconds to a handset, and the share that is delivered."""

    median: float
    delivered: float

    @cached_property
    def cumulative_weights(self) -> tuple[float, ...]:
        """Cumulative weights of FINAL_STATUSES, for `random.choices`."""
        lost = (1 - self.delivered) / sum(FAILURE_WEIGHTS.values())
        return tuple(accumulate([self.delivered, *(FAILURE_WEIGHTS[name] * lost for name in FINAL_STATUSES[1:])]))


@dataclass(frozen=True, slots=True)
class Country:
    """Destination: hours from UTC (without summer time), language, EUR per part, route, days off."""

    code: str
    offset: int
    language: str
    price: Decimal
    route: Route
    days_off: tuple[int, int]

    def get_hour_weight(self, hour_of_week: int) -> float:
        """Return the relative traffic in an hour of the UTC week (0 is the first hour of Monday)."""
        day, hour = divmod((hour_of_week + self.offset) % HOURS_OF_WEEK, 24)
        return HOURS[hour] * (DAY_OFF if day in self.days_off else 1.0)


SATURDAY_SUNDAY, FRIDAY_SATURDAY = (5, 6), (4, 5)

# code, hours from UTC, language, EUR a part, median seconds to a handset, share delivered
_COUNTRIES = (
    ("AE", 4, "ar", "0.0395", 6.5, 0.93),
    ("AR", -3, "es", "0.0512", 9.0, 0.90),
    ("AT", 1, "de", "0.0574", 2.9, 0.975),
    ("AU", 10, "en", "0.0298", 3.4, 0.97),
    ("BE", 1, "fr", "0.0695", 3.1, 0.97),
    ("BR", -3, "pt", "0.0118", 7.5, 0.91),
    ("CA", -5, "en", "0.0072", 3.8, 0.965),
    ("CH", 1, "de", "0.0561", 2.6, 0.98),
    ("CL", -4, "es", "0.0423", 6.0, 0.94),
    ("CO", -5, "es", "0.0009", 12.0, 0.88),
    ("CY", 2, "el", "0.0319", 4.0, 0.965),
    ("DE", 1, "de", "0.0731", 2.4, 0.98),
    ("EG", 2, "ar", "0.0817", 16.0, 0.87),
    ("ES", 1, "es", "0.0374", 3.0, 0.97),
    ("FR", 1, "fr", "0.0428", 3.3, 0.97),
    ("GB", 0, "en", "0.0341", 2.2, 0.98),
    ("GR", 2, "el", "0.0452", 3.9, 0.965),
    ("IE", 0, "en", "0.0551", 2.5, 0.975),
    ("IN", 5, "en", "0.001875", 11.0, 0.90),
    ("IT", 1, "it", "0.0463", 3.6, 0.965),
    ("KE", 3, "en", "0.0146", 14.0, 0.89),
    ("KZ", 5, "ru", "0.0625", 10.0, 0.91),
    ("LY", 2, "ar", "0.1135", 34.0, 0.82),
    ("MA", 1, "fr", "0.0596", 12.0, 0.90),
    ("MX", -6, "es", "0.0198", 6.8, 0.93),
    ("NG", 1, "en", "0.0304", 26.0, 0.84),
    ("NL", 1, "en", "0.0689", 2.7, 0.98),
    ("PE", -5, "es", "0.0267", 8.0, 0.92),
    ("PH", 8, "en", "0.0187", 13.0, 0.88),
    ("PL", 1, "pl", "0.0211", 3.0, 0.975),
    ("PT", 0, "pt", "0.0317", 3.5, 0.97),
    ("RU", 3, "ru", "0.0483", 8.5, 0.92),
    ("SA", 3, "ar", "0.0362", 7.0, 0.93),
    ("SE", 1, "en", "0.0388", 2.5, 0.98),
    ("TR", 3, "tr", "0.0052", 5.5, 0.94),
    ("US", -6, "en", "0.006375", 4.2, 0.96),
    ("ZA", 2, "en", "0.0133", 5.0, 0.95),
)
COUNTRIES = {
    code: Country(
        code,
        offset,
        language,
        Decimal(price),
        Route(median, delivered),
        FRIDAY_SATURDAY if code in ("EG", "LY", "SA") else SATURDAY_SUNDAY,
    )
    for code, offset, language, price, median, delivered in _COUNTRIES
}

# One country's carrier fails for two whole days, recent enough to be in the reports' default week.
OUTAGE_COUNTRY = "ES"
OUTAGE_ROUTE = Route(median=190.0, delivered=0.24)
OUTAGE_STARTED, OUTAGE_DURATION = timedelta(days=5), timedelta(days=2)


class Senders(NamedTuple):
    """Sender IDs of an account, by kind of message."""

    login: str
    notice: str
    campaign: str


@dataclass(frozen=True)
class DemoAccount:
    """Demo customer. `factor` multiplies the list prices in EUR; `markets` has weights by country."""

    name: str
    currency: str
    share: float
    user: int
    brand: str
    site: str
    senders: Senders
    factor: Decimal
    campaign_hours: tuple[int, int]  # UTC; they end so early that no campaign runs into the next day
    markets: dict[str, int]


ACCOUNTS = (
    DemoAccount(
        name="acme",
        currency="EUR",
        share=0.60,
        user=42,
        brand="Acme",
        site="acme.example",
        senders=Senders("AcmeCode", "Acme", "AcmeClub"),
        factor=Decimal("1"),
        campaign_hours=(7, 17),
        markets={"DE": 16, "ES": 12, "GB": 12, "FR": 10, "IT": 8, "US": 7, "PL": 5, "AT": 4, "CH": 4}
        | {"NL": 4, "GR": 4, "TR": 4, "PT": 3, "BE": 3, "SE": 2, "IE": 2},
    ),
    DemoAccount(
        name="globex",
        currency="USD",
        share=0.27,
        user=107,
        brand="Globex Bank",
        site="globex.example",
        senders=Senders("GLOBEX", "GlobexBank", "GlobexPlus"),
        factor=Decimal("1.08"),
        campaign_hours=(5, 16),
        markets={"AE": 14, "SA": 12, "EG": 10, "IN": 10, "RU": 9, "TR": 8, "NG": 7, "KE": 6, "ZA": 6}
        | {"LY": 5, "MA": 5, "KZ": 4, "PH": 4, "CY": 3, "GR": 2},
    ),
    DemoAccount(
        name="initech",
        currency="GBP",
        share=0.13,
        user=311,
        brand="Initech",
        site="initech.example",
        senders=Senders("ITC", "Initech", "InitechLive"),
        factor=Decimal("0.86"),
        campaign_hours=(13, 19),
        markets={"US": 24, "CA": 14, "MX": 12, "BR": 12, "GB": 10, "CO": 7, "AR": 6, "AU": 6, "CL": 4}
        | {"PE": 3, "IE": 2},
    ),
)
