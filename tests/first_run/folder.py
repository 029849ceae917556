"""A copy of the project in a folder of its own, and the real commands in it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
import requests
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# What an installed copy does not need, and what belongs to this machine.
LEFT_OUT = ("tests", "docs", ".git", ".venv*", ".data", ".env", ".ci", "*_cache", ".hypothesis", "node_modules")
NOTHING: Mapping[str, str] = MappingProxyType({})
# Seconds that any command may take on a busy machine.
PATIENCE = 120
# The variables of a machine that knows nothing of us.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")
# Rights of root that let it into what is closed; without them root is a user like others.
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


@dataclass(frozen=True)
class Done:
    """How a command ended, and all that it printed."""

    code: int
    printed: str

    @property
    def said(self) -> str:
        """What was printed but for the line by which make reports that a command failed."""
        return "".join(line for line in self.printed.splitlines(keepends=True) if not line.startswith("make"))


class Folder:
    """The project as a newcomer has it. `lend_venv` spares it the minute of installing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copytree(ROOT, path, ignore=shutil.ignore_patterns(*LEFT_OUT))

    def lend_venv(self) -> None:
        """Make a `.venv` out of the packages that these tests run on."""
        venv = self.path / ".venv"
        venv.mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (venv / name).symlink_to(Path(sys.prefix) / name)

    def write_env_file(self) -> Path:
        file = self.path / ".env"
        file.write_text(
            "SMSREPORTS_MODE=local\nSECRET_KEY=a key of fifty characters that a folder of tests alone uses\n"
        )
        return file

    def names(self) -> set[str]:
        return {path.name for path in self.path.iterdir()}

    def make(self, *words: str, prefix: tuple[str, ...] = (), variables: Mapping[str, str] = NOTHING) -> Done:
        return self.run(*prefix, "make", *words, variables=variables)

    def manage(self, *words: str, prefix: tuple[str, ...] = (), variables: Mapping[str, str] = NOTHING) -> Done:
        return self.run(*prefix, ".venv/bin/python", "manage.py", *words, variables=variables)

    def run(self, *command: str, variables: Mapping[str, str] = NOTHING) -> Done:
        with self.started(*command, variables=variables) as process:
            printed, _ = process.communicate(timeout=PATIENCE)
        return Done(process.returncode, printed)

    @contextmanager
    def started(self, *command: str, variables: Mapping[str, str] = NOTHING) -> Iterator["subprocess.Popen[str]"]:
        """A command of its own process group; whatever is left of it in the end is killed."""
        with subprocess.Popen(
            command,
            cwd=self.path,
            env=environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    @contextmanager
    def served(self, port: int, *words: str) -> Iterator[str]:
        """What `make run` prints until the server is ready; Ctrl-C ends it, and it must end well."""
        variables = {"SMSREPORTS_STOP_SECONDS": "5"}
        with self.started("make", "run", f"PORT={port}", *words, variables=variables) as process:
            printed = printed_until_ready(process, port)
            yield printed
            os.killpg(process.pid, signal.SIGINT)
            rest, _ = process.communicate(timeout=PATIENCE)
            assert "Traceback" not in printed + rest


def environment(variables: Mapping[str, str] = NOTHING) -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | dict(variables)


def without_rights() -> tuple[str, ...]:
    """A prefix by which files say to root what they say to others."""
    if os.geteuid() != 0:
        return ()
    if shutil.which(WITHOUT_RIGHTS[0]) is None:
        pytest.skip("setpriv is not there")
    return WITHOUT_RIGHTS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def listening() -> Iterator[int]:
    """A port that another program has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port: int = other.getsockname()[1]
        yield port


def printed_until_ready(process: "subprocess.Popen[str]", port: int, path: str = "/readyz") -> str:
    """Everything that is printed up to the line that names the address, once `path` is answered with 200."""
    assert process.stdout is not None
    printed: str = ""
    for line in process.stdout:
        printed += line
        if "Listening at" in line:
            break
    else:
        raise AssertionError(f"it ended with {process.wait()}:\n{printed}")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if requests.get(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE).status_code == 200:
                return printed
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"it is never ready:\n{printed}")
