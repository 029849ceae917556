"""Random faults, one after the other, under clients that load and export; then a check of everything stored."""

import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.faults.deployment import ACCOUNTS, Deployment, run_deployment
from tests.faults.exporters import Exporter
from tests.faults.faults import FAULTS, FaultContext, is_postgres_running
from tests.faults.history import History, find_wrong_rows
from tests.faults.loaders import RETRY_STATUSES, FileLoader, HttpLoader, Loader, load_initial_traffic
from tests.faults.outcome import Outcome
from tests.ingest.load_killer import LOAD_TIMEOUT, wait_for_load
from tests.waiting import SOON

LIST = "/api/v1/sms/messages?to=9999-12-31"
# Seconds in which the server must serve lists again, once PostgreSQL is up.
MAX_RECOVERY_SECONDS = 10
# Consecutive responses that show recovery: each worker takes some, and one of them may have been unharmed.
REQUIRED_RESPONSES = 3
# Seconds between two faults.
PAUSE_SECONDS = (0.05, 0.6)
# Four exporters and four loaders keep two cores busy, and the export slots of the three accounts in use.
EXPORTERS = 4
# Messages and sends of each account at the start, which make files of eight megabytes.
PAIRS = 4000
# Faults between two lines about the progress: about a minute and a half.
PROGRESS_EVERY = 50
# Attempts to choose a fault that can be injected at the moment.
MAX_TRIES = 200


def inject_faults(times: int, *, seed: int, pairs: int = PAIRS, max_recovery: float = MAX_RECOVERY_SECONDS) -> Outcome:
    """Inject `times` faults. The outcome's failures include recoveries of more than `max_recovery` seconds."""
    outcome = Outcome()
    with run_deployment() as deployment:
        if deployment.disk is None:
            outcome.count("disks made full: only root can mount one", 0)
        with ThreadPoolExecutor() as threads:
            loads = [threads.submit(load_initial_traffic, deployment, outcome, account, pairs) for account in ACCOUNTS]
            histories = [load.result() for load in loads]
        http_loaders = [HttpLoader(deployment, outcome, account, f"http-{account}", seed) for account in ACCOUNTS]
        file_loaders = [FileLoader(deployment, outcome, ACCOUNTS[0], "file", seed)]
        histories += [loader.history for loader in (*http_loaders, *file_loaders)]
        exporters = [Exporter(deployment, outcome, histories, seed + number) for number in range(EXPORTERS)]
        context = FaultContext(deployment, outcome, random.Random(seed), exporters, file_loaders, max_recovery)
        clients: list[Loader | Exporter] = [*http_loaders, *file_loaders, *exporters]
        _run_clients(context, [client.run for client in clients], times)
        _check_final_state(deployment, outcome, histories, exporters)
    return outcome


def _run_clients(context: FaultContext, runs: Sequence[Callable[[], None]], times: int) -> None:
    """Run every client in a thread of its own, and inject the faults meanwhile."""
    outcome = context.outcome
    with ThreadPoolExecutor(len(runs)) as threads:
        for run in runs:
            threads.submit(outcome.run_guarded, run)
        try:
            for number in range(1, times + 1):
                time.sleep(context.rng.uniform(*PAUSE_SECONDS))
                _inject_one(context)
                if number % PROGRESS_EVERY == 0:
                    sys.stderr.write(f"{number} of {times} done, {len(outcome.failures)} failures\n")
        finally:
            outcome.is_over.set()
            for download in context.downloads():
                download.slow_down(0)


def _inject_one(context: FaultContext) -> None:
    """Inject a random fault that is possible at the moment, and measure the recovery from it."""
    possible = [name for name in sorted(FAULTS) if context.deployment.disk or name != "the disk full"]
    for _ in range(MAX_TRIES):
        name = context.rng.choice(possible)
        if FAULTS[name](context):
            context.outcome.count(f"x {name}")
            _measure_recovery(context, name)
            return
        time.sleep(0.02)
    context.outcome.add_failure("no fault could be injected")


def _measure_recovery(context: FaultContext, name: str) -> None:
    """Record the seconds from a running PostgreSQL until lists are served."""
    _wait_for_postgres(context.deployment)
    start, responses = time.monotonic(), 0
    while responses < REQUIRED_RESPONSES and time.monotonic() - start < 3 * context.max_recovery:
        responses = responses + 1 if _is_list_served(context) else 0
    seconds = time.monotonic() - start
    context.outcome.recoveries.append((seconds, name))
    if seconds > context.max_recovery:
        context.outcome.add_failure(f"{name}: lists were served after {seconds:.1f} s")


def _wait_for_postgres(deployment: Deployment) -> None:
    """Wait until PostgreSQL has recovered, however long; fail when it never does."""
    deadline = time.monotonic() + LOAD_TIMEOUT
    while not is_postgres_running(deployment):
        assert time.monotonic() < deadline, deployment.postgres.layout.log.read_text()[-2000:]
        time.sleep(0.02)


def _is_list_served(context: FaultContext) -> bool:
    server, key = context.deployment.server, context.deployment.keys[ACCOUNTS[0]]
    try:
        response = requests.get(server.url + LIST, headers={"X-API-Key": key}, timeout=context.max_recovery)
    except requests.RequestException:
        time.sleep(0.05)
        return False
    if response.status_code not in (200, *RETRY_STATUSES):
        context.outcome.add_failure(f"a list was answered {response.status_code} {response.text[:300]}")
    return response.status_code == 200


def _seconds() -> Iterator[None]:
    """Yield once a second, for SOON seconds."""
    for _ in range(SOON):
        yield
        time.sleep(1)


def _check_final_state(
    deployment: Deployment, outcome: Outcome, histories: Sequence[History], exporters: Iterable[Exporter]
) -> None:
    """Check the tables, exports, manifests and counters after the last fault."""
    for error in find_wrong_rows(deployment.place, histories):
        outcome.add_failure(error)
    for account in ACCOUNTS:
        # A slot is free once PostgreSQL has noticed that its former holder is gone.
        exporter = Exporter(deployment, outcome, histories, 0)
        if not any(exporter.export_once(account, "ndjson", "all") for _ in _seconds()):
            outcome.add_failure(f"no whole file of {account} at the end")
    whole = {
        export for (export,) in deployment.place.query("SELECT export_id::text FROM audit_exportend WHERE is_whole")
    }
    for exporter in exporters:
        for export, state in exporter.states.items():
            if (export in whole) != (state == "finished"):
                outcome.add_failure(f"the manifest of {export} had the state {state}, and has another one at the end")
    for failure in wait_for_load(deployment.place.manage("verify_counters"))[1]:
        outcome.add_failure(f"verify_counters: {failure}")
