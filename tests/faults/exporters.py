"""Clients that export files while faults occur, and check each one against its manifest and what was sent."""

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from tests.export.conftest import EXPORT
from tests.faults.deployment import Deployment
from tests.faults.downloads import READ_PAUSE, Download, DownloadedFile, Ending, ExportRefused
from tests.faults.file_checks import check_content, check_ending, is_lost_ending
from tests.faults.history import SOURCES, History
from tests.faults.outcome import Outcome

# Seconds until a manifest has a final state: long enough for a stop of the server and a recovery of the database.
SOON = 40
FORMATS = {"csv": "", "csv-strict": "&dialect=strict", "ndjson": "&format=ndjson"}
# A limit, an unreachable database, and no response at all.
RETRY_STATUSES = (429, 503, 0)
ALL_DAYS_QUERY = "to=9999-12-31"


class Exporter:
    """Client that exports one file after the other; `download` is the current one."""

    download: Download | None = None

    def __init__(self, deployment: Deployment, outcome: Outcome, histories: Sequence[History], seed: int) -> None:
        self._deployment, self._outcome, self._histories = deployment, outcome, histories
        self._rng = random.Random(f"exporter {seed}")
        # States in the manifests, by id of the export.
        self.states: dict[str, str] = {}

    def run(self) -> None:
        while not self._outcome.is_over.is_set():
            account = self._rng.choice(sorted(self._deployment.keys))
            pause = self._rng.choice((0, READ_PAUSE, READ_PAUSE, 2 * READ_PAUSE))
            self.export_once(account, self._rng.choice(sorted(FORMATS)), self._rng.choice(sorted(SOURCES)), pause)
            self._outcome.is_over.wait(self._rng.uniform(0, 0.5))

    def export_once(self, account: str, file_format: str, source: str, pause: float = 0) -> bool:
        """Export and check a file, sleeping `pause` seconds between reads; return whether it arrived whole."""
        before = {history: history.answered for history in self._histories if history.account == account}
        query = f"{ALL_DAYS_QUERY}&source={source}{FORMATS[file_format]}"
        key = self._deployment.keys[account]
        gzip = self._rng.random() < 0.3
        self.download = Download(self._deployment.server, key, query, gzip=gzip, pause=pause)
        try:
            file = self.download.fetch()
        except ExportRefused as refusal:
            self._record_refusal(refusal)
            return False
        finally:
            self.download = None
        manifest = self._fetch_manifest(key, file.export)
        name = f"{file_format} of {source} {file.export} {file.ending.value}"
        for error in check_ending(file, manifest):
            self._outcome.add_failure(f"{name}: {error}")
        if file.ending is Ending.CLEAN:
            for error in check_content(file, file_format, source, before):
                self._outcome.add_failure(f"{name}: {error}")
        self._record_file(file, manifest)
        return file.ending is Ending.CLEAN

    def _record_refusal(self, refusal: ExportRefused) -> None:
        status = refusal.status
        self._outcome.count(f"files answered {status}" if status else "requests of files without an answer")
        if status not in RETRY_STATUSES:
            self._outcome.add_failure(f"an export was answered {refusal}")

    def _record_file(self, file: DownloadedFile, manifest: Mapping[str, Any]) -> None:
        self.states[file.export] = manifest["state"]
        if is_lost_ending(file, manifest):
            self._outcome.count("files broken, of which all was sent (ADR 20)")
        self._outcome.count(f"files {file.ending.value}")

    def _fetch_manifest(self, key: str, export: str) -> Mapping[str, Any]:
        """Return the first manifest that is not `running`, or the last one after SOON seconds."""
        url = f"{self._deployment.server.url}{EXPORT}/{export}/receipt"
        manifest: Mapping[str, Any] = {"state": "unknown"}
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline and manifest["state"] in ("running", "unknown"):
            try:
                response = requests.get(url, headers={"X-API-Key": key}, timeout=SOON)
                if response.status_code == 200:
                    manifest = response.json()["receipt"]
                elif response.status_code not in RETRY_STATUSES:
                    self._outcome.add_failure(f"the manifest of {export} was answered {response.status_code}")
                    break
            except requests.RequestException:
                self._outcome.count("requests of manifests without an answer")
            time.sleep(0.1)
        return manifest
