"""Timed requests with the big account's key, over the window of the targets."""

from smsreports.sources import ALL_SOURCES
from tests.benchmarks import client
from tests.benchmarks.bench import LIST_DAYS, Bench
from tests.benchmarks.client import TimedResponse
from tests.benchmarks.servers import BenchmarkServer

LIST = "/api/v1/sms/messages"
UNIFIED = f"{LIST}/unified"
EXPORT = f"{UNIFIED}/export"
STATS = "/api/v1/sms/stats"
BASELINE_LIST = "/messages"
BASELINE_EXPORT = f"{BASELINE_LIST}/export"


def get_list_page(
    bench: Bench, server: BenchmarkServer | None = None, page: int = 1, filters: str = ""
) -> TimedResponse:
    return client.timed_get(
        (server or bench.server).port, f"{LIST}?{bench.list_window}&page={page}{filters}", bench.api_key
    )


def get_stats(bench: Bench) -> TimedResponse:
    return client.timed_get(bench.server.port, f"{STATS}?{bench.list_window}&source={ALL_SOURCES}", bench.api_key)


def get_unified_page(bench: Bench, page: int = 1) -> TimedResponse:
    return client.timed_get(bench.server.port, f"{UNIFIED}?{bench.list_window}&page={page}", bench.api_key)


def build_export_url(bench: Bench) -> str:
    return f"{EXPORT}?{bench.export_window}&source={ALL_SOURCES}"


def get_export(bench: Bench, server: BenchmarkServer | None = None, *, skip: int = 0) -> TimedResponse:
    return client.timed_get((server or bench.server).port, build_export_url(bench), bench.api_key, skip=skip)


def get_baseline_page(bench: Bench, server: BenchmarkServer, page: int = 1, filters: str = "") -> TimedResponse:
    return client.timed_get(
        server.port, f"{BASELINE_LIST}?{bench.build_baseline_query(LIST_DAYS)}&page={page}{filters}"
    )


def get_export_of_a_day(bench: Bench) -> TimedResponse:
    """Export the API messages of a day; the plain service would need most of a minute for a million rows."""
    return client.timed_get(bench.server.port, f"{EXPORT}?{bench.build_window(1)}&source=api", bench.api_key)


def get_plain_export_of_a_day(bench: Bench) -> TimedResponse:
    return client.timed_get(bench.plain_service.port, f"{BASELINE_EXPORT}?{bench.build_baseline_query(1)}")
