"""One injury after the other, at random, while traffic comes in and files go out; then everything is counted."""

import random
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.faults.exporters import Exporter
from tests.faults.history import History, wrong_rows
from tests.faults.injuries import INJURIES, Scene, is_up
from tests.faults.loaders import ByFile, ByHttp, Loader, first_load
from tests.faults.told import Told
from tests.faults.world import ACCOUNTS, World, world
from tests.ingest.killing import ended

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
# Tries to find something that can be injured in this way.
TRIES = 200


def storm(times: int, *, seed: int, pairs: int = PAIRS) -> Told:
    """`times` injuries; what was wrong is in `faults`."""
    told = Told()
    with world() as made:
        if made.disk is None:
            told.did("disks made full: none, as only root can mount one")
        first = [first_load(made, told, account, pairs) for account in ACCOUNTS]
        loaders: list[Loader] = [ByHttp(made, told, account, f"http-{account}", seed) for account in ACCOUNTS]
        file = ByFile(made, told, ACCOUNTS[0], "file", seed)
        loaders.append(file)
        histories = first + [loader.history for loader in loaders]
        exporters = [Exporter(made, told, histories, seed + number) for number in range(EXPORTERS)]
        scene = Scene(made, told, random.Random(seed), exporters, [file])
        _pass(scene, loaders, times)
        _settle(made, told, histories, exporters)
    return told


def _pass(scene: Scene, loaders: Sequence[Loader], times: int) -> None:
    with ThreadPoolExecutor(len(loaders) + len(scene.exporters)) as threads:
        running = [threads.submit(run) for run in [who.run for who in loaders] + [who.run for who in scene.exporters]]
        try:
            for _ in range(times):
                time.sleep(scene.rng.uniform(*CALM))
                _injure(scene)
        finally:
            scene.told.over.set()
    for each in running:
        each.result()


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
    while not is_up(scene.world):
        time.sleep(0.02)
    begun, answers = time.monotonic(), 0
    while answers < ANSWERS and time.monotonic() - begun < 3 * RECOVERY:
        answers = answers + 1 if _answers(scene.world) else 0
    took = time.monotonic() - begun
    scene.told.recoveries.append((took, name))
    if took > RECOVERY:
        scene.told.failed(f"{name}: lists were answered after {took:.1f} s")


def _answers(made: World) -> bool:
    key = made.keys[ACCOUNTS[0]]
    try:
        answer = requests.get(made.server.url + LIST, headers={"X-API-Key": key}, timeout=RECOVERY)
        return answer.status_code == 200
    except requests.RequestException:
        time.sleep(0.05)
        return False


def _settle(made: World, told: Told, histories: Sequence[History], exporters: Iterable[Exporter]) -> None:
    """Everything was answered, and nothing is broken any more."""
    for wrong in wrong_rows(made.place, histories):
        told.failed(wrong)
    for account in ACCOUNTS:
        if not Exporter(made, told, histories, 0).take(account, "ndjson", "all"):
            told.failed(f"no whole file of {account} in the end")
    whole = {export for (export,) in made.place.ask("SELECT export_id::text FROM audit_exportend WHERE is_whole")}
    for exporter in exporters:
        for export, state in exporter.states.items():
            if (export in whole) != (state == "finished"):
                told.failed(f"the receipt of {export} said {state}, and says something else in the end")
    for failure in ended(made.place.manage("verify_counters"))[1]:
        told.failed(f"verify_counters: {failure}")
