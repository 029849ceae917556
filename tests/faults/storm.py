"""One injury after the other, at random, while traffic comes in and files go out; then everything is counted."""

import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.faults.exporters import Exporter
from tests.faults.history import History, wrong_rows
from tests.faults.injuries import INJURIES, Scene, is_up
from tests.faults.loaders import LATER, ByFile, ByHttp, first_load
from tests.faults.told import Told
from tests.faults.world import ACCOUNTS, World, world
from tests.ingest.killing import PATIENCE, ended
from tests.waiting import SOON

LIST = "/api/v1/sms/messages?to=9999-12-31"
# Seconds in which the server must answer again, once PostgreSQL does.
RECOVERY = 10
# Both workers take connections: one answer may be the luckier one's.
ANSWERS = 3
# Seconds between two injuries.
CALM = (0.05, 0.6)
# Four exporters and four loaders keep two cores busy, and leave no place of the three accounts empty for long.
EXPORTERS = 4
# Messages and sends of each account at the beginning: files of eight megabytes.
PAIRS = 4000
# Injuries between two words about them: a minute and a half.
PROGRESS = 50
# Tries to find something that can be injured in this way.
TRIES = 200


def storm(times: int, *, seed: int, pairs: int = PAIRS, recovery: float = RECOVERY) -> Told:
    """`times` injuries; what was wrong is in `faults`, recoveries of more than `recovery` seconds too."""
    told = Told()
    with world() as made:
        if made.disk is None:
            told.did("disks made full, as only root can mount one", 0)
        with ThreadPoolExecutor() as threads:
            histories = [*threads.map(lambda account: first_load(made, told, account, pairs), ACCOUNTS)]
        by_http = [ByHttp(made, told, account, f"http-{account}", seed) for account in ACCOUNTS]
        by_file = [ByFile(made, told, ACCOUNTS[0], "file", seed)]
        histories += [loader.history for loader in (*by_http, *by_file)]
        exporters = [Exporter(made, told, histories, seed + number) for number in range(EXPORTERS)]
        scene = Scene(made, told, random.Random(seed), exporters, by_file, recovery)
        _pass(scene, [who.run for who in (*by_http, *by_file)] + [who.run for who in exporters], times)
        _settle(made, told, histories, exporters)
    return told


def _pass(scene: Scene, runs: Sequence[Callable[[], None]], times: int) -> None:
    told = scene.told
    with ThreadPoolExecutor(len(runs)) as threads:
        for run in runs:
            threads.submit(told.keep, run)
        try:
            for number in range(1, times + 1):
                time.sleep(scene.rng.uniform(*CALM))
                _injure(scene)
                if number % PROGRESS == 0:
                    sys.stderr.write(f"{number} of {times} done, {len(told.faults)} faults\n")
        finally:
            told.over.set()
            for download in scene.downloads():
                download.slow_down(0)


def _injure(scene: Scene) -> None:
    """One that finds something to injure, and then how long it takes until lists are answered."""
    possible = [name for name in sorted(INJURIES) if scene.world.disk or name != "the disk full"]
    for _ in range(TRIES):
        name = scene.rng.choice(possible)
        if INJURIES[name](scene):
            scene.told.did(f"x {name}")
            _recover(scene, name)
            return
        time.sleep(0.02)
    scene.told.failed("nothing was there to be injured")


def _recover(scene: Scene, name: str) -> None:
    _wait_for_postgres(scene.world)
    begun, answers = time.monotonic(), 0
    while answers < ANSWERS and time.monotonic() - begun < 3 * scene.recovery:
        answers = answers + 1 if _answers(scene) else 0
    took = time.monotonic() - begun
    scene.told.recoveries.append((took, name))
    if took > scene.recovery:
        scene.told.failed(f"{name}: lists were answered after {took:.1f} s")


def _wait_for_postgres(made: World) -> None:
    """What it takes to recover is its own affair; that it never does is not to be expected of it."""
    deadline = time.monotonic() + PATIENCE
    while not is_up(made):
        assert time.monotonic() < deadline, made.postgres.layout.log.read_text()[-2000:]
        time.sleep(0.02)


def _answers(scene: Scene) -> bool:
    server, key = scene.world.server, scene.world.keys[ACCOUNTS[0]]
    try:
        answer = requests.get(server.url + LIST, headers={"X-API-Key": key}, timeout=scene.recovery)
    except requests.RequestException:
        time.sleep(0.05)
        return False
    if answer.status_code not in (200, *LATER):
        scene.told.failed(f"a list was answered {answer.status_code} {answer.text[:300]}")
    return answer.status_code == 200


def _tries() -> Iterator[None]:
    """One a second, for as long as a test waits."""
    for _ in range(SOON):
        yield
        time.sleep(1)


def _settle(made: World, told: Told, histories: Sequence[History], exporters: Iterable[Exporter]) -> None:
    """Everything was answered, and nothing is broken any more."""
    for wrong in wrong_rows(made.place, histories):
        told.failed(wrong)
    for account in ACCOUNTS:
        # Places are free when PostgreSQL has noticed that those who held them are gone.
        if not any(Exporter(made, told, histories, 0).take(account, "ndjson", "all") for _ in _tries()):
            told.failed(f"no whole file of {account} in the end")
    whole = {export for (export,) in made.place.ask("SELECT export_id::text FROM audit_exportend WHERE is_whole")}
    for exporter in exporters:
        for export, state in exporter.states.items():
            if (export in whole) != (state == "finished"):
                told.failed(f"the receipt of {export} said {state}, and says something else in the end")
    for failure in ended(made.place.manage("verify_counters"))[1]:
        told.failed(f"verify_counters: {failure}")
