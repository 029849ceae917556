"""Build the wheel as the container file does, without a network, and install it away from the checkout."""

import subprocess
import sys
import sysconfig
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
OFFLINE = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
PIP = (sys.executable, "-m", "pip")
# Seconds that a build or a command may take on a busy machine.
PATIENCE = 120


def list_context() -> list[Path]:
    """Return the files and folders that `.dockerignore` lets into the build of the container."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [path for line in lines if line.startswith("!") for path in ROOT.glob(line[1:])]


def copy_context(folder: Path) -> Path:
    """Copy what the build of the container gets: the checkout stays free of what setuptools leaves behind."""
    for path in list_context():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            copytree(path, target, ignore=ignore_patterns("__pycache__"))
        else:
            copy(path, target)
    return folder


def build_wheel(source: Path, folder: Path) -> Path:
    """Build the wheel of a source tree."""
    run(*PIP, "wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (wheel,) = folder.glob("*.whl")
    return wheel


def make_distributions(folder: Path) -> Path:
    """Run `make build` in a copy of the checkout and return the folder of what it built."""
    copytree(
        ROOT,
        folder,
        ignore=ignore_patterns(".*", "__pycache__", "build", "dist", "site", "*.egg-info"),
        dirs_exist_ok=True,
    )
    # An earlier build by hand, of a module that has been deleted since.
    left_over = folder / "build" / "lib" / "smsreports" / "left_over.py"
    left_over.parent.mkdir(parents=True)
    left_over.touch()
    run("make", "--old-file=setup", f"RUN={sys.executable}", "build", folder=folder)
    return folder / "dist"


def install_wheel(wheel: Path, folder: Path) -> Path:
    """Make a virtual environment of its own, which sees our dependencies and not the checkout; return its programs."""
    run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    (site_packages,) = folder.glob("lib/python*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    run(*PIP, "--python", str(folder / "bin" / "python"), "install", *OFFLINE, str(wheel))
    return folder / "bin"


def run(*command: str, folder: Path | None = None, **environment: str) -> str:
    """Run a command without anything that this process' environment says of the service; return its output."""
    done = attempt(*command, folder=folder, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def attempt(*command: str, folder: Path | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
    named = {"PATH": "/usr/bin:/bin", **environment}
    return subprocess.run(command, cwd=folder, env=named, capture_output=True, text=True, timeout=PATIENCE, check=False)
