"""`python -m tests.docs`: run the commands of README and of the pages for users and operators.

The commands use a new local database with demo traffic and a running server. Every page runs twice, first in reading
order, then by name. Each has its own shell with README's variables only, since readers may start at any page, and
finds only the programs that the pages ask for and those of every Debian. Exit 1 on a failed command or an HTTP error.
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

from tests.docs.pages import README, ROOT, Block, find_blocks, list_pages_in_order

# Programs for the pages: from the packages that README names, and from every Debian.
PROGRAMS = ["bash", "cat", "curl", "cut", "date", "env", "grep", "gzip", "openssl", "sed", "sha256sum", "tr", "zcat"]
# Address of the server on the pages.
ADDRESS = "127.0.0.1:8000"
# Seconds that a start, or the commands of one page, may take on a busy machine.
TIMEOUT_SECONDS = 600


def main() -> int:
    pages = [page for page in list_pages_in_order() if any(block.is_run for block in find_blocks(page))]
    with tempfile.TemporaryDirectory(prefix="smsreports-docs-") as name:
        checkout = _make_checkout(Path(name))
        port = _free_port()
        environment = _environment(checkout, port)
        _manage(checkout, environment, "migrate", "--verbosity", "0")
        _manage(checkout, environment, "demo", "--messages", "3000", "--sends", "2000", "--verbosity", "0")
        try:
            with _server(checkout, environment, port):
                variables = environment | _read_variables(checkout, environment)
                failed = [page for page in [*pages, *sorted(pages)] if not _run_page(page, checkout, variables)]
        finally:
            _manage(checkout, environment, "database", "stop")
    skipped = [block for page in list_pages_in_order() for block in find_blocks(page) if block.reason]
    sys.stdout.write(f"{len(pages)} pages, twice: {len(failed)} failures. {len(skipped)} blocks were not run:\n")
    sys.stdout.writelines(f"  {block.location}: {block.reason}\n" for block in skipped)
    return 1 if failed else 0


def _make_checkout(folder: Path) -> Path:
    """Make the folder look like a checkout, for the files that the commands create."""
    # PostgreSQL does not run as root; its user must be able to enter the folder.
    folder.chmod(0o711)
    for name in (".venv", "manage.py", "docs", "deploy"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "bin").mkdir()
    for program in PROGRAMS:
        if path := shutil.which(program):
            (folder / "bin" / program).symlink_to(path)
    (folder / "curl").mkdir()
    # An error response fails its command, and a missing response cannot hang.
    (folder / "curl" / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\nmax-time = 60\n")
    return folder


def _environment(checkout: Path, port: int) -> dict[str, str]:
    return {
        "PATH": str(checkout / "bin"),
        "HOME": str(checkout),
        "CURL_HOME": str(checkout / "curl"),
        "LANG": "C.UTF-8",
        "SMSREPORTS_MODE": "local",
        "SMSREPORTS_DATA": str(checkout / ".data"),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PORT": str(port),
    }


def _manage(checkout: Path, environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([".venv/bin/python", "manage.py", *arguments], cwd=checkout, env=environment, check=True)


@contextmanager
def _server(checkout: Path, environment: dict[str, str], port: int) -> Iterator[None]:
    log = checkout / "server.log"
    with log.open("wb") as output:
        command = [".venv/bin/python", "manage.py", "serve", "--port", str(port), "--workers", "1"]
        process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
        yield
    finally:
        process.terminate()
        process.wait(TIMEOUT_SECONDS)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            if requests.get(address, timeout=10).ok:
                return
        except requests.ConnectionError:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def _run_page(page: Path, checkout: Path, environment: dict[str, str]) -> bool:
    script = "\n".join(_build_script(block) for block in find_blocks(page) if block.is_run)
    started = time.monotonic()
    result = _run_bash(script, checkout, environment)
    name = page.relative_to(ROOT)
    if result.returncode == 0:
        sys.stdout.write(f"{name}: {time.monotonic() - started:.1f} s\n")
        sys.stdout.flush()
        return True
    after_last = result.stdout.rpartition("### ")[2]
    sys.stderr.write(f"{name} failed ({result.returncode}):\n{after_last[-5000:]}\n")
    return False


def _build_script(block: Block) -> str:
    heading = f"echo '### {block.location}'\n"
    if block.language == "python":
        return f"{heading}.venv/bin/python - <<'END OF BLOCK'\n{block.text}\nEND OF BLOCK"
    return heading + block.text


def _read_variables(checkout: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return `KEY` and `API` as README defines them; the other pages use them."""
    (definition,) = [block for block in find_blocks(README) if block.is_run and "API=" in block.text]
    result = _run_bash(f"{definition.text}\necho $KEY $API", checkout, environment)
    assert result.returncode == 0, result.stdout
    key, address = result.stdout.split()[-2:]
    return {"KEY": key, "API": address}


def _run_bash(script: str, checkout: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(checkout / "bin" / "bash"),
            "-euo",
            "pipefail",
            "-c",
            script.replace(ADDRESS, f"127.0.0.1:{environment['PORT']}"),
        ],
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIMEOUT_SECONDS,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


if __name__ == "__main__":
    sys.exit(main())
