"""`python -m tests.docs`: runs the commands of README and of the pages for users and operators, as a reader would.

A new local database with demo traffic and a real server; then every page twice, first in reading order, then by name.
Each page has a shell of its own that knows README's variables alone, since readers begin anywhere. It finds only the
programs that the pages ask for and those of every Debian. Exit 1 on a failed command or an HTTP error.
"""

import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.docs.pages import README, ROOT, Block, blocks, reading_order

# What the pages may use: the packages that README names, and what every Debian has.
PROGRAMS = ["bash", "cat", "curl", "cut", "date", "env", "grep", "gzip", "openssl", "sed", "sha256sum", "tr", "zcat"]
# Where the pages say that the server is.
ADDRESS = "127.0.0.1:8000"
# Seconds that a start, or the commands of one page, may take on a busy machine.
PATIENCE = 600


def main() -> int:
    pages = [page for page in reading_order() if any(block.runs for block in blocks(page))]
    with tempfile.TemporaryDirectory(prefix="smsreports-docs-") as name:
        place = _place(Path(name))
        port = _free_port()
        environment = _environment(place, port)
        _manage(place, environment, "migrate", "--verbosity", "0")
        _manage(place, environment, "demo", "--messages", "3000", "--sends", "2000", "--verbosity", "0")
        try:
            with _server(place, environment, port):
                variables = environment | _variables(place, environment)
                failed = [page for page in [*pages, *sorted(pages)] if not _page_runs(page, place, variables)]
        finally:
            _manage(place, environment, "database", "stop")
    left = [block for page in reading_order() for block in blocks(page) if block.reason]
    sys.stdout.write(f"{len(pages)} pages, twice: {len(failed)} failures. {len(left)} blocks were not run:\n")
    sys.stdout.writelines(f"  {block.place}: {block.reason}\n" for block in left)
    return 1 if failed else 0


def _place(folder: Path) -> Path:
    """A folder that looks like the project's own, for the files that readers make on the way."""
    # PostgreSQL does not run as root: the user that it runs as must pass through.
    folder.chmod(0o711)
    for name in (".venv", "manage.py", "docs", "deploy"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "bin").mkdir()
    for program in PROGRAMS:
        if found := shutil.which(program):
            (folder / "bin" / program).symlink_to(found)
    (folder / "curl").mkdir()
    # An answer that is an error fails its command, and a silent one cannot hang.
    (folder / "curl" / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\nmax-time = 60\n")
    return folder


def _environment(place: Path, port: int) -> dict[str, str]:
    return {
        "PATH": str(place / "bin"),
        "HOME": str(place),
        "CURL_HOME": str(place / "curl"),
        "LANG": "C.UTF-8",
        "SMSREPORTS_MODE": "local",
        "SMSREPORTS_DATA": str(place / ".data"),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PORT": str(port),
    }


def _manage(place: Path, environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([".venv/bin/python", "manage.py", *arguments], cwd=place, env=environment, check=True)


@contextmanager
def _server(place: Path, environment: dict[str, str], port: int) -> Iterator[None]:
    log = place / "server.log"
    with log.open("wb") as output:
        command = [".venv/bin/python", "manage.py", "serve", "--port", str(port), "--workers", "1"]
        process = subprocess.Popen(command, cwd=place, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if requests.get(address, timeout=10).ok:
                return
        except requests.ConnectionError:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def _page_runs(page: Path, place: Path, environment: dict[str, str]) -> bool:
    script = "\n".join(_command(block) for block in blocks(page) if block.runs)
    started = time.monotonic()
    result = _bash(script, place, environment)
    name = page.relative_to(ROOT)
    if result.returncode == 0:
        sys.stdout.write(f"{name}: {time.monotonic() - started:.1f} s\n")
        sys.stdout.flush()
        return True
    after_last = result.stdout.rpartition("### ")[2]
    sys.stderr.write(f"{name} failed ({result.returncode}):\n{after_last[-5000:]}\n")
    return False


def _command(block: Block) -> str:
    announced = f"echo '### {block.place}'\n"
    if block.language == "python":
        return f"{announced}.venv/bin/python - <<'END OF BLOCK'\n{block.text}\nEND OF BLOCK"
    return announced + block.text


def _variables(place: Path, environment: dict[str, str]) -> dict[str, str]:
    """`KEY` and `API` as README defines them, which the other pages go on from."""
    (definition,) = [block for block in blocks(README) if block.runs and "API=" in block.text]
    result = _bash(f"{definition.text}\necho $KEY $API", place, environment)
    assert result.returncode == 0, result.stdout
    key, address = result.stdout.split()[-2:]
    return {"KEY": key, "API": address}


def _bash(script: str, place: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(place / "bin" / "bash"),
            "-euo",
            "pipefail",
            "-c",
            script.replace(ADDRESS, f"127.0.0.1:{environment['PORT']}"),
        ],
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=PATIENCE,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


if __name__ == "__main__":
    sys.exit(main())
