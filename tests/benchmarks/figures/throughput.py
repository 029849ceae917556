"""Requests a second, under `wrk`, of the server as it is shipped."""

import re
import shutil
import subprocess

from tests.benchmarks.asking import LIST, YARDSTICK
from tests.benchmarks.bench import LIST_DAYS, Bench
from tests.benchmarks.figures import Measured, figure
from tests.benchmarks.served import SHIPPED_WORKERS, Served

CONNECTIONS, SECONDS = 16, 10
# Turns of both servers.
TURNS = 2


@figure("wrk", "requests a second, 16 connections: list page 1 ÷ floor", least=0.6)
def requests(bench: Bench) -> Measured:
    wrk = shutil.which("wrk")
    if wrk is None:
        return Measured(float("nan"), note="not measured: no wrk here")
    with (
        bench.serving(workers=SHIPPED_WORKERS) as ours,
        bench.yardstick("floor", workers=SHIPPED_WORKERS) as floor,
    ):
        header = f"X-API-Key: {bench.big_key}"
        rates = [
            (
                _rate(wrk, ours, f"{LIST}?{bench.window}", header),
                _rate(wrk, floor, f"{YARDSTICK}?{bench.bounds(LIST_DAYS)}", header),
            )
            for _ in range(TURNS)
        ]
    own, bare = (sum(each) / TURNS for each in zip(*rates, strict=True))
    return Measured(own / bare, note=f"{own:.0f} and {bare:.0f} a second, {SHIPPED_WORKERS} workers")


def _rate(wrk: str, served: Served, path: str, header: str) -> float:
    """Any answer but a 2xx or 3xx raises."""
    arguments = ["-t", "2", "-c", str(CONNECTIONS), "-d", f"{SECONDS}s", "-H", header]
    told = subprocess.run(
        [wrk, *arguments, f"http://127.0.0.1:{served.port}{path}"], check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in told:
        raise RuntimeError(told)
    (rate,) = re.findall(r"Requests/sec:\s+([0-9.]+)", told)
    return float(rate)
