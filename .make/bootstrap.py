"""Set up `.venv` and `.env`. `make` runs this before everything else, so it needs nothing but Python 3.11.

Complete parts stay as they are, incomplete ones are completed or rebuilt, and concurrent runs wait for each other.
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
# Run by the new Python. Prints the number of pinned packages that this machine needs, and how many are missing.
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
# Texts by which pip reports a network error, before it reports that a package does not exist.
NETWORK_ERRORS = ("connection broken by", "Could not fetch URL", "ConnectionError", "TimeoutError", "ProxyError")


class SetupFailed(Exception):
    """Setup is not possible. The message is one line with the reason and what to do."""


def main() -> None:
    """Set up, or exit with one line that gives the reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("venv", nargs="?", default=".venv", help="folder of the virtual environment")
    parser.add_argument("--port", help="a port to check before packages are installed")
    options = parser.parse_args()
    os.chdir(ROOT)
    try:
        set_up(ROOT / options.venv, options.port)
    except SetupFailed as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"Cannot set up {ROOT}: {error}")
    except KeyboardInterrupt:
        sys.exit("\nSetup was interrupted. The next run continues it.")


def set_up(venv: Path, port: str | None) -> None:
    """Create `venv` and `.env` as far as they are missing."""
    if not is_complete(venv) or not has_env_file():
        if port is not None:
            check_port(port)
        require_writable_folder()
        with folder_lock():
            if not is_complete(venv):
                create_venv(venv)
                install_packages(venv)
            if not has_env_file():
                write_env_file()
    if not os.access(ENV_FILE, os.R_OK):
        raise SetupFailed(
            f"{ENV_FILE} belongs to {get_owner_name(ENV_FILE)} and cannot be read by {get_user_name()}: "
            f"run make as {get_owner_name(ENV_FILE)}, or in a copy of this folder that has no .env"
        )


def is_complete(venv: Path) -> bool:
    """Return True if every pinned package was installed in `venv` and its Python still finds them."""
    try:
        recorded = (venv / ".installed").read_text()
    except OSError:
        return False
    return recorded == build_record(venv) and can_import(venv, "pip, django")


def build_record(venv: Path) -> str:
    """Return the record of a complete `venv`: a hash of the pins, and its path, which is written into its scripts."""
    return f"{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}\n{venv.resolve()}\n"


def can_import(venv: Path, modules: str) -> bool:
    command: list[str | Path] = [venv / "bin" / "python", "-c", f"import {modules}"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  our own Python
    except OSError:
        return False


def has_env_file() -> bool:
    """Return True if there is an `.env`. An interrupted run of an older version may have left an empty one."""
    return ENV_FILE.exists() and ENV_FILE.stat().st_size > 0


def check_port(port: str) -> None:
    """Raise SetupFailed if `port` cannot be used, before the installation, which takes a minute."""
    sys.path.insert(0, str(ROOT))
    from smsreports.serving.ports import LOOPBACK, PortUnavailable, check_port, parse_port

    try:
        check_port(LOOPBACK, parse_port(port))
    except PortUnavailable as error:
        raise SetupFailed(str(error)) from None


def require_writable_folder() -> None:
    if not os.access(ROOT, os.W_OK | os.X_OK):
        raise SetupFailed(
            f"{ROOT} cannot be written by {get_user_name()}: copy it to a folder of your own, and run make there"
        )


@contextmanager
def folder_lock() -> Iterator[None]:
    """Hold the lock of this folder. The kernel releases it when the process ends, however it ends."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print_line("Another run is setting up this folder; waiting for it.")
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError:
            # Some network file systems do not support locks on folders. A single run needs no lock.
            pass
        yield
    finally:
        os.close(folder)


def create_venv(venv: Path) -> None:
    """Create a virtual environment with pip, unless `venv` is one that was not moved since it was created."""
    record = venv / ".installed"
    moved = record.exists() and record.read_text().splitlines()[1:] not in ([], [str(venv.resolve())])
    if not moved and can_import(venv, "pip"):
        return
    require_venv_module()
    if venv.is_symlink() or venv.exists():
        print_line(f"{venv.name} is incomplete or was moved; building it anew.")
        remove_venv(venv)
    created = subprocess.run(  # noqa: S603  our own Python
        [sys.executable, "-m", "venv", venv], capture_output=True, text=True, errors="replace", check=False
    )
    if created.returncode or not can_import(venv, "pip"):
        remove_venv(venv)
        reason = (created.stdout + created.stderr).strip().splitlines() or ["it has no pip"]
        raise SetupFailed(f"{sys.executable} cannot make a virtual environment: {reason[-1]}")


def require_venv_module() -> None:
    """Raise SetupFailed if this Python lacks venv and ensurepip, which are a separate package on Debian and Ubuntu."""
    if find_spec("venv") and find_spec("ensurepip"):
        return
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if Path("/etc/debian_version").exists():
        raise SetupFailed(
            f"{version} cannot make virtual environments yet. Install the missing package: apt install {version}-venv"
        )
    raise SetupFailed(f"{sys.executable} lacks the modules venv and ensurepip. Use another Python: make PYTHON=…")


def remove_venv(venv: Path) -> None:
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    else:
        shutil.rmtree(venv, ignore_errors=True)


def install_packages(venv: Path) -> None:
    """Install the missing pinned packages, and record that `venv` is complete."""
    python = venv / "bin" / "python"
    counted = subprocess.run(  # noqa: S603  our own Python
        [python, "-c", COUNT_PACKAGES, REQUIREMENTS], capture_output=True, text=True, check=True
    )
    needed, missing = map(int, counted.stdout.split())
    if missing:
        total = "" if missing == needed else f" of {needed}"
        duration = " This takes about a minute." if missing > needed // 2 else ""
        print_line(f"Installing {missing}{total} packages into {venv.name}.{duration}")
        run_pip(python, missing, venv / "pip.log")
    (venv / ".installed").write_text(build_record(venv))


def run_pip(python: Path, total: int, log: Path) -> None:
    """Run pip, write its output to `log` and show one counter instead."""
    options = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--retries", "2")
    command: list[str | Path] = [python, "-m", "pip", "install", *options, "--require-hashes", "-r", REQUIREMENTS]
    lines: list[str] = []
    collected = 0
    shows_counter = sys.stdout.isatty()
    with subprocess.Popen(  # noqa: S603  our own Python
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            collected += line.startswith("Collecting ")
            if shows_counter:
                state = "installing" if line.startswith("Installing collected") else f"{collected} of {total} found"
                print(f"\r  {state:<30}", end="", flush=True)  # noqa: T201
    if shows_counter:
        print(f"\r{'':<32}\r", end="", flush=True)  # noqa: T201
    log.write_text("".join(lines))
    if pip.returncode:
        raise SetupFailed(explain_pip(lines, log))


def explain_pip(lines: list[str], log: Path) -> str:
    """Return one line with the reason why pip failed."""
    for line in lines:
        if any(text in line for text in NETWORK_ERRORS):
            match = re.search(r"\[Errno -?\d+\] ([^'\")]+)|: ([^:'\")]*timed out[^'\")]*)", line)
            reason = f" ({(match[1] or match[2]).strip()})" if match else ""
            return (
                f"Cannot reach the package index{reason}. Setup continues with the next run, when there is a network."
            )
    errors = [line.removeprefix("ERROR: ").strip() for line in lines if line.startswith("ERROR: ")]
    return f"pip failed: {errors[0] if errors else 'it gave no reason'} (its whole output is in {log})"


def write_env_file() -> None:
    """Write a local configuration with a new SECRET_KEY, atomically."""
    unfinished = ENV_FILE.with_name(".env.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(0o600, exist_ok=False)
    unfinished.write_text(f"SMSREPORTS_MODE=local\nSECRET_KEY={secrets.token_urlsafe(50)}\n")
    unfinished.replace(ENV_FILE)


def get_owner_name(path: Path) -> str:
    try:
        return pwd.getpwuid(path.stat().st_uid).pw_name
    except KeyError:
        return f"user {path.stat().st_uid}"


def get_user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"


def print_line(text: str) -> None:
    print(text, flush=True)  # noqa: T201  a program's output


if __name__ == "__main__":
    main()
