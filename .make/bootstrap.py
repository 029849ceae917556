"""Set up `.venv` and `.env`. `make` runs this before everything else, so it needs nothing but Python 3.11.

What is in order is left alone, what is half made is completed or built anew, and two runs at once take turns.
"""

import argparse
import fcntl
import hashlib
import os
import pwd
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
ENV_FILE = ROOT / ".env"
# Run by the new Python: how many of the pinned packages this machine needs, and how many of them are missing.
COUNT_PACKAGES = """
import sys
from importlib.metadata import PackageNotFoundError, version
from pip._vendor.packaging.requirements import Requirement
needed = missing = 0
for line in open(sys.argv[1]).read().replace("\\\\\\n", " ").splitlines():
    text = line.split(" --hash")[0].strip()
    if not text or text.startswith(("#", "-")):
        continue
    pin = Requirement(text)
    if pin.marker and not pin.marker.evaluate():
        continue
    needed += 1
    try:
        missing += not pin.specifier.contains(version(pin.name), prereleases=True)
    except PackageNotFoundError:
        missing += 1
print(needed, missing)
"""
# By these words pip reports that it got no answer, before it says that a package does not exist.
NETWORK_FAULTS = ("connection broken by", "Could not fetch URL", "ConnectionError", "TimeoutError", "ProxyError")


class SetupFailed(Exception):
    """Setting up is not possible; the text is one line that says why and what to do."""


def main() -> None:
    """Set up, or end with one line that says why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("venv", nargs="?", default=".venv", help="folder of the virtual environment")
    parser.add_argument("--port", help="a port to check before packages are installed")
    options = parser.parse_args()
    os.chdir(ROOT)
    try:
        set_up(ROOT / options.venv, options.port)
    except SetupFailed as fault:
        sys.exit(str(fault))
    except OSError as fault:
        sys.exit(f"Cannot set up {ROOT}: {fault}")
    except KeyboardInterrupt:
        sys.exit("\nSetup was interrupted. The next run continues it.")


def set_up(venv: Path, port: str | None) -> None:
    """Make what is missing of `venv` and `.env`."""
    if not is_complete(venv) or not has_env_file():
        if port is not None:
            check_port(port)
        require_writable_folder()
        with turn_of_this_run():
            if not is_complete(venv):
                make_venv(venv)
                install_packages(venv)
            if not has_env_file():
                write_env_file()
    if not os.access(ENV_FILE, os.R_OK):
        raise SetupFailed(
            f"{ENV_FILE} belongs to {owner_of(ENV_FILE)} and cannot be read by {user_name()}: "
            f"run make as {owner_of(ENV_FILE)}, or in a copy of this folder that has no .env"
        )


def is_complete(venv: Path) -> bool:
    """Return whether every pinned package was installed in `venv` and its Python still finds them."""
    try:
        recorded = (venv / ".installed").read_text()
    except OSError:
        return False
    return recorded == stamp(venv) and can_import(venv, "pip, django")


def stamp(venv: Path) -> str:
    """Return what is recorded of a complete `venv`: the pins, and its place, which its scripts have in their heads."""
    return f"{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}\n{venv.resolve()}\n"


def can_import(venv: Path, modules: str) -> bool:
    command: list[str | Path] = [venv / "bin" / "python", "-c", f"import {modules}"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  our own Python
    except OSError:
        return False


def has_env_file() -> bool:
    """Return whether there is an `.env`. An empty one is what an interrupted run of an older version left."""
    return ENV_FILE.exists() and ENV_FILE.stat().st_size > 0


def check_port(port: str) -> None:
    """Raise SetupFailed if nobody could listen on `port`: better known before a minute of installing than after."""
    sys.path.insert(0, str(ROOT))
    from smsreports.serving.ports import LOOPBACK, PortUnavailable, check_port, parse_port

    try:
        check_port(LOOPBACK, parse_port(port))
    except PortUnavailable as fault:
        raise SetupFailed(str(fault)) from None


def require_writable_folder() -> None:
    if not os.access(ROOT, os.W_OK | os.X_OK):
        raise SetupFailed(
            f"{ROOT} cannot be written by {user_name()}: copy it to a folder of your own, and run make there"
        )


@contextmanager
def turn_of_this_run() -> Iterator[None]:
    """Hold the lock of this folder, which the kernel releases however the process ends."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run is setting up this folder; waiting for it.")
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError:
            # Some network file systems lock no folders. A single run needs no lock.
            pass
        yield
    finally:
        os.close(folder)


def make_venv(venv: Path) -> None:
    """Make a virtual environment with pip, unless `venv` is one that stands where it was made."""
    record = venv / ".installed"
    moved = record.exists() and record.read_text().splitlines()[1:] not in ([], [str(venv.resolve())])
    if not moved and can_import(venv, "pip"):
        return
    require_venv_module()
    if venv.is_symlink() or venv.exists():
        say(f"{venv.name} is incomplete or was moved; building it anew.")
        remove(venv)
    made = subprocess.run(  # noqa: S603  our own Python
        [sys.executable, "-m", "venv", venv], capture_output=True, text=True, errors="replace", check=False
    )
    if made.returncode or not can_import(venv, "pip"):
        remove(venv)
        reason = (made.stdout + made.stderr).strip().splitlines() or ["it has no pip"]
        raise SetupFailed(f"{sys.executable} cannot make a virtual environment: {reason[-1]}")


def require_venv_module() -> None:
    """Raise SetupFailed if this Python lacks what Debian and Ubuntu leave to a package of its own."""
    if find_spec("venv") and find_spec("ensurepip"):
        return
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if Path("/etc/debian_version").exists():
        raise SetupFailed(
            f"{version} cannot make virtual environments yet. Install the missing package: apt install {version}-venv"
        )
    raise SetupFailed(f"{sys.executable} lacks the modules venv and ensurepip. Use another Python: make PYTHON=…")


def remove(venv: Path) -> None:
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    else:
        shutil.rmtree(venv, ignore_errors=True)


def install_packages(venv: Path) -> None:
    """Install what is missing of the pinned packages, and record that nothing is."""
    python = venv / "bin" / "python"
    counted = subprocess.run(  # noqa: S603  our own Python
        [python, "-c", COUNT_PACKAGES, REQUIREMENTS], capture_output=True, text=True, check=True
    )
    needed, missing = map(int, counted.stdout.split())
    if missing:
        of_all = "" if missing == needed else f" of {needed}"
        lasts = " This takes about a minute." if missing > needed // 2 else ""
        say(f"Installing {missing}{of_all} packages into {venv.name}.{lasts}")
        run_pip(python, missing, venv / "pip.log")
    (venv / ".installed").write_text(stamp(venv))


def run_pip(python: Path, total: int, log: Path) -> None:
    """Run pip with one counter in place of its own output, which goes to `log`."""
    options = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--retries", "2")
    command: list[str | Path] = [python, "-m", "pip", "install", *options, "--require-hashes", "-r", REQUIREMENTS]
    lines: list[str] = []
    found = 0
    shows_counter = sys.stdout.isatty()
    with subprocess.Popen(  # noqa: S603  our own Python
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            found += line.startswith("Collecting ")
            if shows_counter:
                state = "installing" if line.startswith("Installing collected") else f"{found} of {total} found"
                print(f"\r  {state:<30}", end="", flush=True)  # noqa: T201
    if shows_counter:
        print(f"\r{'':<32}\r", end="", flush=True)  # noqa: T201
    log.write_text("".join(lines))
    if pip.returncode:
        raise SetupFailed(explain_pip(lines, log))


def explain_pip(lines: list[str], log: Path) -> str:
    """Return the one line that says why pip failed."""
    for line in lines:
        if any(fault in line for fault in NETWORK_FAULTS):
            found = re.search(r"\[Errno -?\d+\] ([^'\")]+)|: ([^:'\")]*timed out[^'\")]*)", line)
            reason = f" ({(found[1] or found[2]).strip()})" if found else ""
            return (
                f"Cannot reach the package index{reason}. Setup continues with the next run, when there is a network."
            )
    errors = [line.removeprefix("ERROR: ").strip() for line in lines if line.startswith("ERROR: ")]
    return f"pip failed: {errors[0] if errors else 'it gave no reason'} (its whole output is in {log})"


def write_env_file() -> None:
    """Write a local configuration with a key of its own, whole or not at all."""
    unfinished = ENV_FILE.with_name(".env.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(0o600, exist_ok=False)
    unfinished.write_text(f"SMSREPORTS_MODE=local\nSECRET_KEY={secrets.token_urlsafe(50)}\n")
    unfinished.replace(ENV_FILE)


def owner_of(path: Path) -> str:
    try:
        return pwd.getpwuid(path.stat().st_uid).pw_name
    except KeyError:
        return f"user {path.stat().st_uid}"


def user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  a program's output


if __name__ == "__main__":
    main()
