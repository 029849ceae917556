"""Build the wheel as in the container, without a network, and install it outside the checkout."""

import subprocess
import sys
import sysconfig
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
OFFLINE = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
PIP = (sys.executable, "-m", "pip")
# Timeout of a build or a command on a busy machine.
TIMEOUT_SECONDS = 120


def list_context() -> list[Path]:
    """Return the files and folders that `.dockerignore` lets into the build of the container."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [path for line in lines if line.startswith("!") for path in ROOT.glob(line[1:])]


def copy_context(folder: Path) -> Path:
    """Copy the build context of the container, so that setuptools leaves no files in the checkout."""
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
    """Run `make build` in a copy of the checkout and return the folder of the distributions."""
    copytree(
        ROOT,
        folder,
        ignore=ignore_patterns(".*", "__pycache__", "build", "dist", "site", "*.egg-info"),
        dirs_exist_ok=True,
    )
    # A file of an earlier manual build, whose module was deleted since.
    left_over = folder / "build" / "lib" / "smsreports" / "left_over.py"
    left_over.parent.mkdir(parents=True)
    left_over.touch()
    run("make", "--old-file=setup", f"RUN={sys.executable}", "build", folder=folder)
    return folder / "dist"


def install_wheel(wheel: Path, folder: Path) -> Path:
    """Install the wheel in a new virtual environment and return its folder of programs.

    It sees the dependencies of this environment, but not the checkout.
    """
    run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    (site_packages,) = folder.glob("lib/python*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    run(*PIP, "--python", str(folder / "bin" / "python"), "install", *OFFLINE, str(wheel))
    return folder / "bin"


def run(*command: str, folder: Path | None = None, **environment: str) -> str:
    """Run a command without the environment variables of this process; return its output. It must succeed."""
    process = attempt(*command, folder=folder, **environment)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def attempt(*command: str, folder: Path | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
    variables = {"PATH": "/usr/bin:/bin", **environment}
    return subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
