"""Who brings traffic in while everything breaks: by HTTP and by the file command, again until it is answered."""

import json
import random
import subprocess
import time
from collections.abc import Iterator
from itertools import count

import requests

from tests.faults.history import History, Load
from tests.faults.told import Told
from tests.faults.world import World
from tests.ingest.conftest import Record
from tests.ingest.killing import PATIENCE, TRIES, ended
from tests.ingest.posting import DOOR

# Messages and sends of one load, and lines of one request.
PAIRS, LINES = 12, 40
# Told limits and an unreachable database: the sender tries again.
LATER = (429, 503)


class Loader:
    """Sends load after load; a batch without an answer is sent again, as it may or may not be in."""

    # Seconds between two loads.
    pause: float
    lines: int

    def __init__(self, world: World, told: Told, account: str, name: str, seed: int) -> None:
        self.history = History(account)
        self._world, self._told, self._name = world, told, name
        self._rng = random.Random(f"{name} {seed}")

    def run(self) -> None:
        for number in count():
            if self._told.over.is_set():
                return
            self.load(Load(f"{self._name}-{number} ", PAIRS, self.history.account))
            self._told.over.wait(self._rng.uniform(0, 2 * self.pause))

    def load(self, load: Load) -> None:
        self.history.loads.append(load)
        for batch in load.batches(self._rng, self.lines):
            self.history.sends(batch)
            self._complete(batch)
            self.history.was_answered()
        self._told.did("loads")

    def _complete(self, batch: list[Record]) -> None:
        """Sends it until it is answered. An answer without any before it must say that all was accepted; after one
        that was lost, all or nothing."""
        possible = {len(batch)}
        for accepted in self._answers(b"".join(json.dumps(record).encode() + b"\n" for record in batch)):
            if accepted is None:
                possible = {0, len(batch)}
            elif accepted in possible:
                self._told.did("lines accepted", accepted)
                return
            else:
                self._told.failed(f"{self._name}: {accepted} of {len(batch)} lines of a batch were accepted")
                return
        self._told.failed(f"{self._name}: a batch was not answered in {TRIES} tries")

    def _answers(self, body: bytes) -> Iterator[int | None]:
        for number in range(TRIES):
            if number:
                time.sleep(1)
            yield self._accepted(body)

    def _accepted(self, body: bytes) -> int | None:
        """How many lines were said to be accepted; None where nothing was said."""
        raise NotImplementedError


class ByHttp(Loader):
    pause, lines = 0.8, LINES

    def _accepted(self, body: bytes) -> int | None:
        headers = {"X-API-Key": self._world.keys[self.history.account], "Content-Type": "application/x-ndjson"}
        try:
            answer = requests.post(f"{self._world.server.url}{DOOR}", body, headers=headers, timeout=PATIENCE)
        except requests.RequestException:
            self._told.did("requests of loaders without an answer")
            return None
        if answer.status_code in LATER:
            self._told.did(f"loads answered {answer.status_code}")
            return None
        if answer.status_code != 200 or answer.json()["rejected"]:
            self._told.failed(f"{self._name}: {answer.status_code} {answer.text[:300]}")
            return None
        return int(answer.json()["accepted"])


class ByFile(Loader):
    """By the command, a file at a time; a command that ends otherwise than well is run again."""

    # Each begins a Python.
    pause, lines = 3, 10_000
    process: "subprocess.Popen[str] | None" = None

    def _accepted(self, body: bytes) -> int | None:
        file = self._world.folder / f"{self._name}.ndjson"
        file.write_bytes(body)
        self.process = self._world.place.load(file)
        accepted, failures = ended(self.process)
        if failures:
            self._told.did("file commands that failed")
            return None
        return accepted


def first_load(world: World, told: Told, account: str, pairs: int) -> History:
    """What is there before anything breaks."""
    loader = ByFile(world, told, account, f"first-{account}", 0)
    loader.load(Load(f"first-{account} ", pairs, account))
    return loader.history
