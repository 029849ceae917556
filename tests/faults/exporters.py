"""Who takes files while everything breaks, and holds each against its receipt and against what was sent."""

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from tests.export.conftest import EXPORT
from tests.faults.downloads import PAUSE, Download, End, File, Refused
from tests.faults.history import SOURCES, History
from tests.faults.told import Told
from tests.faults.verdicts import is_lost_end, wrong_content, wrong_end
from tests.faults.world import World

# Seconds for a receipt that tells an end: a server that was stopped and a database that recovers fit into it.
SOON = 40
FORMS = {"csv": "", "csv-strict": "&dialect=strict", "ndjson": "&format=ndjson"}
# Told limits, an unreachable database, and no server at this moment.
LATER = (429, 503, 0)
ALL = "to=9999-12-31"


class Exporter:
    """Takes one file after the other; `download` is the one under way."""

    download: Download | None = None

    def __init__(self, world: World, told: Told, histories: Sequence[History], seed: int) -> None:
        self._world, self._told, self._histories = world, told, histories
        self._rng = random.Random(f"exporter {seed}")
        # What the receipt of each file said.
        self.states: dict[str, str] = {}

    def run(self) -> None:
        while not self._told.over.is_set():
            account, pause = self._rng.choice(sorted(self._world.keys)), self._rng.choice((0, PAUSE, PAUSE, 2 * PAUSE))
            self.take(account, self._rng.choice(sorted(FORMS)), self._rng.choice(sorted(SOURCES)), pause)
            self._told.over.wait(self._rng.uniform(0, 0.5))

    def take(self, account: str, form: str, source: str, pause: float = 0) -> bool:
        """Whether a whole file came."""
        before = {history: history.answered for history in self._histories if history.account == account}
        query = f"{ALL}&source={source}{FORMS[form]}"
        packed = self._rng.random() < 0.3
        self.download = Download(self._world.server, self._world.keys[account], query, packed=packed, pause=pause)
        try:
            file = self.download.taken()
        except Refused as refusal:
            self._refused(refusal)
            return False
        finally:
            self.download = None
        receipt = self._receipt(self._world.keys[account], file.export)
        name = f"{form} of {source} {file.export} {file.end.value}"
        for wrong in wrong_end(file, receipt):
            self._told.failed(f"{name}: {wrong}")
        if file.end is End.CLEAN:
            for wrong in wrong_content(file, form, source, before):
                self._told.failed(f"{name}: {wrong}")
        self._count(file, receipt)
        return file.end is End.CLEAN

    def _refused(self, refusal: Refused) -> None:
        self._told.did(f"files answered {refusal.status}" if refusal.status else "requests of files without an answer")
        if refusal.status not in LATER:
            self._told.failed(f"a file was answered {refusal}")

    def _count(self, file: File, receipt: Mapping[str, Any]) -> None:
        self.states[file.export] = receipt["state"]
        if is_lost_end(file, receipt):
            self._told.did("files broken, of which all was sent (ADR 20)")
        self._told.did(f"files {file.end.value}")

    def _receipt(self, key: str, export: str) -> Mapping[str, Any]:
        """The first one that does not say `running`, for as long as that may be so."""
        url, found = f"{self._world.server.url}{EXPORT}/{export}/receipt", {"state": "unknown"}
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline and found["state"] in ("running", "unknown"):
            try:
                answer = requests.get(url, headers={"X-API-Key": key}, timeout=SOON)
                if answer.status_code == 200:
                    found = answer.json()["receipt"]
                elif answer.status_code not in LATER:
                    self._told.failed(f"the receipt of {export} was answered {answer.status_code}")
                    break
            except requests.RequestException:
                self._told.did("requests of receipts without an answer")
            time.sleep(0.1)
        return found
