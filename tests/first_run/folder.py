"""Copy of the project in a separate folder, in which the real commands run."""

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
# Files that an installed copy does not need, or that belong to this machine.
EXCLUDED = ("tests", "docs", ".git", ".venv*", ".data", ".env", ".ci", "*_cache", ".hypothesis", "node_modules")
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
# Timeout of a command on a busy machine.
TIMEOUT_SECONDS = 120
# Variables that are passed on; none of them configures the service.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")
# Drops the capabilities by which root ignores file permissions.
DROP_CAPABILITIES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


@dataclass(frozen=True)
class CompletedCommand:
    """Exit code and output of a command."""

    code: int
    output: str

    @property
    def text(self) -> str:
        """Output without the line by which make reports that a command failed."""
        return "".join(line for line in self.output.splitlines(keepends=True) if not line.startswith("make"))


class Folder:
    """Copy of the project. `link_venv` saves the minute of installing packages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copytree(ROOT, path, ignore=shutil.ignore_patterns(*EXCLUDED))

    def link_venv(self) -> None:
        """Create a `.venv` of links to the packages of this test run."""
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

    def list_names(self) -> set[str]:
        return {path.name for path in self.path.iterdir()}

    def make(
        self, *arguments: str, prefix: tuple[str, ...] = (), variables: Mapping[str, str] = NO_VARIABLES
    ) -> CompletedCommand:
        return self.run(*prefix, "make", *arguments, variables=variables)

    def manage(
        self, *arguments: str, prefix: tuple[str, ...] = (), variables: Mapping[str, str] = NO_VARIABLES
    ) -> CompletedCommand:
        return self.run(*prefix, ".venv/bin/python", "manage.py", *arguments, variables=variables)

    def run(self, *command: str, variables: Mapping[str, str] = NO_VARIABLES) -> CompletedCommand:
        with self.start(*command, variables=variables) as process:
            output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        return CompletedCommand(process.returncode, output)

    @contextmanager
    def start(self, *command: str, variables: Mapping[str, str] = NO_VARIABLES) -> Iterator["subprocess.Popen[str]"]:
        """Start a command in its own process group, which is killed in the end if it still runs."""
        with subprocess.Popen(
            command,
            cwd=self.path,
            env=build_environment(variables),
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
    def serve(self, port: int, *arguments: str) -> Iterator[str]:
        """Run `make run` and yield its output until the server is ready. Ctrl-C must stop it without a traceback."""
        variables = {"SMSREPORTS_STOP_SECONDS": "5"}
        with self.start("make", "run", f"PORT={port}", *arguments, variables=variables) as process:
            output = read_until_ready(process, port)
            yield output
            os.killpg(process.pid, signal.SIGINT)
            rest, _ = process.communicate(timeout=TIMEOUT_SECONDS)
            assert "Traceback" not in output + rest


def build_environment(variables: Mapping[str, str] = NO_VARIABLES) -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | dict(variables)


def drop_capabilities() -> tuple[str, ...]:
    """Return a command prefix that makes file permissions apply to root as well."""
    if os.geteuid() != 0:
        return ()
    if shutil.which(DROP_CAPABILITIES[0]) is None:
        pytest.skip("setpriv is not installed")
    return DROP_CAPABILITIES


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def listening() -> Iterator[int]:
    """Yield a port on which another program listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port: int = other.getsockname()[1]
        yield port


def read_until_ready(process: "subprocess.Popen[str]", port: int, path: str = "/readyz") -> str:
    """Return the output up to the line with the address, once the server responds to `path` with 200."""
    assert process.stdout is not None
    output: str = ""
    for line in process.stdout:
        output += line
        if "Listening at" in line:
            break
    else:
        raise AssertionError(f"the server exited with {process.wait()}:\n{output}")
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(f"http://127.0.0.1:{port}{path}", timeout=TIMEOUT_SECONDS).status_code == 200:
                return output
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the server is not ready:\n{output}")
