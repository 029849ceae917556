"""A crowd of callers at list pages while files are taken, as a day's peak would have it."""

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
from tests.benchmarks.asking import LIST, export_url
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Measured, figure
from tests.benchmarks.served import SHIPPED_WORKERS, Served
from tests.benchmarks.world import ACCOUNTS

PACED = Path(__file__).parent.parent / "paced.lua"
CONNECTIONS, SECONDS, EXPORTS = 200, 60, 4
# Before a file that was refused is asked for again.
RETRY_SECONDS = 0.5
# Milliseconds between an answer and the next question: a hundred pages a second from all of them together.
PAUSE = 2000
# The median that is compared to: the same callers' without a crowd.
QUIET_CONNECTIONS, QUIET_SECONDS = 2, 10


@figure("crowd", f"list page, {CONNECTIONS} connections and {EXPORTS} exports ÷ unloaded, medians", most=4)
def crowd(bench: Bench) -> Measured:
    wrk = shutil.which("wrk")
    if wrk is None:
        return Measured(float("nan"), note="not measured: no wrk here")
    with bench.serving(workers=SHIPPED_WORKERS) as served:
        quiet = _asked(wrk, bench, served, QUIET_CONNECTIONS, QUIET_SECONDS, pause=20)
        with exporting(bench, served) as whole:
            busy = _asked(wrk, bench, served, CONNECTIONS, SECONDS, PAUSE)
    if busy["odd"] or busy["untold"] or busy["sockets"]:
        raise RuntimeError(f"answers that are no told limits: {busy}")
    rate = busy["requests"] / SECONDS
    return Measured(
        busy["median"] / quiet["median"],
        note=f"{quiet['median'] / 1000:.1f} ms and {busy['median'] / 1000:.1f} ms (p95 {busy['p95'] / 1000:.0f},"
        f" p99 {busy['p99'] / 1000:.0f}); {rate:.0f} pages a second, {busy['refused']} told to wait;"
        f" {len(whole)} files of {sum(whole) / len(whole) if whole else 0:.0f} s",
    )


def _asked(wrk: str, bench: Bench, served: Served, connections: int, seconds: int, pause: int) -> dict[str, Any]:
    arguments = ["-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s", "-s", str(PACED)]
    url = f"http://127.0.0.1:{served.port}{LIST}?{bench.window}"
    told = subprocess.run(
        [wrk, *arguments, "-H", f"X-API-Key: {bench.big_key}", url, "--", str(pause)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found


@contextmanager
def exporting(bench: Bench, served: Served) -> Iterator[list[float]]:
    """Files taken one after the other, EXPORTS at once, by several accounts; the seconds that each whole one took."""
    whole: list[float] = []
    over = Event()

    def take(key: str) -> None:
        while not over.is_set():
            try:
                whole.append(client.get(served.port, export_url(bench), key).seconds)
            except RuntimeError:  # told to come back: three files already go out of the process that answered
                over.wait(RETRY_SECONDS)

    with bench.place.of_django():
        accounts = Account.objects.filter(name__in=ACCOUNTS[:2])
        keys = [
            create_key(account, [Scope.READ], name="benchmark") for account in accounts for _ in range(EXPORTS // 2)
        ]
    threads = [Thread(target=take, args=[key]) for key in keys]
    for thread in threads:
        thread.start()
    try:
        yield whole
    finally:
        over.set()
        for thread in threads:
            thread.join()
