"""List pages for many clients while exports run, as at peak load."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from smsreports.accounts.keys import create_key
from smsreports.accounts.models import Account, Scope
from tests.benchmarks import client
from tests.benchmarks.api_requests import LIST, build_export_url
from tests.benchmarks.bench import Bench
from tests.benchmarks.dataset import ACCOUNTS
from tests.benchmarks.figures import Measurement, figure
from tests.benchmarks.servers import SHIPPED_WORKERS, BenchmarkServer

PACED_SCRIPT = Path(__file__).parent.parent / "paced.lua"
CONNECTIONS, SECONDS, EXPORTS = 200, 60, 4
# Before a refused export is retried.
RETRY_SECONDS = 0.5
# Between a response and the client's next request: about a hundred pages a second from all clients.
PAUSE_MILLISECONDS = 2000
# Load of the compared median.
QUIET_CONNECTIONS, QUIET_SECONDS = 2, 10


@figure("crowd", f"list page, {CONNECTIONS} connections and {EXPORTS} exports ÷ unloaded, medians", maximum=4)
def crowd(bench: Bench) -> Measurement:
    wrk = shutil.which("wrk")
    if wrk is None:
        return Measurement(float("nan"), note="not measured: no wrk here")
    with bench.run_server(workers=SHIPPED_WORKERS) as server:
        quiet = _run_wrk(wrk, bench, server, QUIET_CONNECTIONS, QUIET_SECONDS, pause=20)
        with exports_in_background(bench, server) as whole:
            busy = _run_wrk(wrk, bench, server, CONNECTIONS, SECONDS, PAUSE_MILLISECONDS)
    if busy["odd"] or busy["without_retry_after"] or busy["sockets"]:
        raise RuntimeError(f"responses other than pages and limits: {busy}")
    rate = busy["requests"] / SECONDS
    return Measurement(
        busy["median"] / quiet["median"],
        note=f"{quiet['median'] / 1000:.1f} ms and {busy['median'] / 1000:.1f} ms (p95 {busy['p95'] / 1000:.0f},"
        f" p99 {busy['p99'] / 1000:.0f}); {rate:.0f} pages a second, {busy['refused']} refused;"
        f" {len(whole)} files of {sum(whole) / len(whole) if whole else 0:.0f} s",
    )


def _run_wrk(
    wrk: str, bench: Bench, server: BenchmarkServer, connections: int, seconds: int, pause: int
) -> dict[str, Any]:
    arguments = ["-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s", "-s", str(PACED_SCRIPT)]
    url = f"http://127.0.0.1:{server.port}{LIST}?{bench.list_window}"
    output = subprocess.run(
        [wrk, *arguments, "-H", f"X-API-Key: {bench.api_key}", url, "--", str(pause)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result


@contextmanager
def exports_in_background(bench: Bench, server: BenchmarkServer) -> Iterator[list[float]]:
    """Run EXPORTS exports at once for several accounts; yield a list of the seconds of each whole one."""
    whole: list[float] = []
    is_over = Event()

    def export(key: str) -> None:
        while not is_over.is_set():
            try:
                whole.append(client.timed_get(server.port, build_export_url(bench), key).seconds)
            except RuntimeError:  # refused: the process already sends three exports
                is_over.wait(RETRY_SECONDS)

    with bench.database.use_in_django():
        accounts = Account.objects.filter(name__in=ACCOUNTS[:2])
        keys = [
            create_key(account, [Scope.READ], name="benchmark") for account in accounts for _ in range(EXPORTS // 2)
        ]
    threads = [Thread(target=export, args=[key]) for key in keys]
    for thread in threads:
        thread.start()
    try:
        yield whole
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
