"""The requests that the figures time, with the big account's key and over the window of the targets."""

from smsreports.sources import ALL_SOURCES
from tests.benchmarks import client
from tests.benchmarks.bench import LIST_DAYS, Bench
from tests.benchmarks.client import Answer
from tests.benchmarks.served import Served

LIST = "/api/v1/sms/messages"
UNIFIED = f"{LIST}/unified"
EXPORT = f"{UNIFIED}/export"
STATS = "/api/v1/sms/stats"
YARDSTICK = "/messages"
YARDSTICK_EXPORT = f"{YARDSTICK}/export"


def list_page(bench: Bench, served: Served | None = None, page: int = 1, filters: str = "") -> Answer:
    return client.get((served or bench.ours).port, f"{LIST}?{bench.window}&page={page}{filters}", bench.big_key)


def stats(bench: Bench) -> Answer:
    return client.get(bench.ours.port, f"{STATS}?{bench.window}&source={ALL_SOURCES}", bench.big_key)


def unified_page(bench: Bench, page: int = 1) -> Answer:
    return client.get(bench.ours.port, f"{UNIFIED}?{bench.window}&page={page}", bench.big_key)


def export_url(bench: Bench) -> str:
    return f"{EXPORT}?{bench.export_window}&source={ALL_SOURCES}"


def export(bench: Bench, served: Served | None = None, *, skip: int = 0) -> Answer:
    return client.get((served or bench.ours).port, export_url(bench), bench.big_key, skip=skip)


def yardstick_page(bench: Bench, served: Served, page: int = 1, filters: str = "") -> Answer:
    return client.get(served.port, f"{YARDSTICK}?{bench.bounds(LIST_DAYS)}&page={page}{filters}")


def day_of_messages(bench: Bench) -> Answer:
    """A day's API messages as a file: the plain service would take most of a minute for a million rows."""
    return client.get(bench.ours.port, f"{EXPORT}?{bench.last(1)}&source=api", bench.big_key)


def plain_day_of_messages(bench: Bench) -> Answer:
    return client.get(bench.plain.port, f"{YARDSTICK_EXPORT}?{bench.bounds(1)}")
