"""Requests per second of the shipped server, measured by `wrk`."""

import re
import shutil
import subprocess

from tests.benchmarks.api_requests import BASELINE_LIST, LIST
from tests.benchmarks.bench import LIST_DAYS, Bench
from tests.benchmarks.figures import Measurement, figure
from tests.benchmarks.servers import SHIPPED_WORKERS, BenchmarkServer

CONNECTIONS, SECONDS = 16, 10
# Alternating runs of both servers.
ROUNDS = 2


@figure("wrk", "requests a second, 16 connections: list page 1 ÷ floor", minimum=0.6)
def requests(bench: Bench) -> Measurement:
    wrk = shutil.which("wrk")
    if wrk is None:
        return Measurement(float("nan"), note="not measured: no wrk here")
    with (
        bench.run_server(workers=SHIPPED_WORKERS) as ours,
        bench.run_baseline("floor", workers=SHIPPED_WORKERS) as floor,
    ):
        header = f"X-API-Key: {bench.api_key}"
        rates = [
            (
                _measure_rate(wrk, ours, f"{LIST}?{bench.list_window}", header),
                _measure_rate(wrk, floor, f"{BASELINE_LIST}?{bench.build_baseline_query(LIST_DAYS)}", header),
            )
            for _ in range(ROUNDS)
        ]
    rate, floor_rate = (sum(values) / ROUNDS for values in zip(*rates, strict=True))
    return Measurement(rate / floor_rate, note=f"{rate:.0f} and {floor_rate:.0f} a second, {SHIPPED_WORKERS} workers")


def _measure_rate(wrk: str, server: BenchmarkServer, path: str, header: str) -> float:
    """Return requests per second. Raises RuntimeError for any response but a 2xx or 3xx."""
    arguments = ["-t", "2", "-c", str(CONNECTIONS), "-d", f"{SECONDS}s", "-H", header]
    output = subprocess.run(
        [wrk, *arguments, f"http://127.0.0.1:{server.port}{path}"], check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in output:
        raise RuntimeError(output)
    (rate,) = re.findall(r"Requests/sec:\s+([0-9.]+)", output)
    return float(rate)
