"""Clients that load traffic while faults occur, by HTTP and by the file command; each batch is retried."""

import json
import random
import subprocess
import time
from collections.abc import Iterator
from itertools import count

import requests

from tests.faults.deployment import Deployment
from tests.faults.history import AccountTraffic, History
from tests.faults.outcome import Outcome
from tests.ingest.conftest import Record
from tests.ingest.load_killer import LOAD_TIMEOUT, MAX_TRIES, wait_for_load
from tests.ingest.post_file import INGEST_PATH

# Messages and sends of one load, and lines of one request.
PAIRS, LINES = 12, 40
# A limit and an unreachable database: the sender retries.
RETRY_STATUSES = (429, 503)


class Loader:
    """Client that sends load after load. A batch without a response may have been stored, and is sent again."""

    # Mean seconds between two loads.
    pause: float
    lines: int

    def __init__(self, deployment: Deployment, outcome: Outcome, account: str, name: str, seed: int) -> None:
        self.history = History(account)
        self._deployment, self._outcome, self._name = deployment, outcome, name
        self._rng = random.Random(f"{name} {seed}")

    def run(self) -> None:
        for number in count():
            if self._outcome.is_over.is_set():
                return
            self.load(AccountTraffic(f"{self._name}-{number} ", PAIRS, self.history.account))
            self._outcome.is_over.wait(self._rng.uniform(0, 2 * self.pause))

    def load(self, traffic: AccountTraffic) -> None:
        self.history.loads.append(traffic)
        for batch in traffic.batches(self._rng, self.lines):
            self.history.add_batch(batch)
            self._send_until_answered(batch)
            self.history.mark_answered()
        self._outcome.count("loads")

    def _send_until_answered(self, batch: list[Record]) -> None:
        """Send the batch until it is answered.

        A first response must accept every line; one after a lost response must accept all lines or none.
        """
        possible = {len(batch)}
        for accepted in self._attempts(b"".join(json.dumps(record).encode() + b"\n" for record in batch)):
            if accepted is None:
                possible = {0, len(batch)}
            elif accepted in possible:
                self._outcome.count("lines accepted", accepted)
                return
            else:
                self._outcome.add_failure(f"{self._name}: {accepted} of {len(batch)} lines of a batch were accepted")
                return
        self._outcome.add_failure(f"{self._name}: a batch was not answered in {MAX_TRIES} tries")

    def _attempts(self, body: bytes) -> Iterator[int | None]:
        for number in range(MAX_TRIES):
            if number:
                time.sleep(1)
            yield self._send(body)

    def _send(self, body: bytes) -> int | None:
        """Send the lines and return the number of accepted ones, or None without a final response."""
        raise NotImplementedError


class HttpLoader(Loader):
    """Loader that posts to the ingest endpoint."""

    pause, lines = 0.8, LINES

    def _send(self, body: bytes) -> int | None:
        headers = {"X-API-Key": self._deployment.keys[self.history.account], "Content-Type": "application/x-ndjson"}
        try:
            response = requests.post(
                f"{self._deployment.server.url}{INGEST_PATH}", body, headers=headers, timeout=LOAD_TIMEOUT
            )
        except requests.RequestException:
            self._outcome.count("requests of loaders without an answer")
            return None
        if response.status_code in RETRY_STATUSES:
            self._outcome.count(f"loads answered {response.status_code}")
            return None
        if response.status_code != 200 or response.json()["rejected"]:
            self._outcome.add_failure(f"{self._name}: {response.status_code} {response.text[:300]}")
            return None
        return int(response.json()["accepted"])


class FileLoader(Loader):
    """Loader that runs the file command once per batch, and again when it fails."""

    # Longer than by HTTP, because each command starts a Python process.
    pause, lines = 3, 10_000
    process: "subprocess.Popen[str] | None" = None

    def _send(self, body: bytes) -> int | None:
        file = self._deployment.folder / f"{self._name}.ndjson"
        file.write_bytes(body)
        self.process = self._deployment.place.start_load(file)
        accepted, failures = wait_for_load(self.process)
        if failures:
            self._outcome.count("file commands that failed")
            return None
        return accepted


def load_initial_traffic(deployment: Deployment, outcome: Outcome, account: str, pairs: int) -> History:
    """Load the traffic that is stored before the first fault."""
    loader = FileLoader(deployment, outcome, account, f"first-{account}", 0)
    loader.load(AccountTraffic(f"first-{account} ", pairs, account))
    return loader.history
