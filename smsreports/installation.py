"""The place this copy runs from: a checkout, with everything beside the package, or an installed wheel."""

import tomllib
from importlib.metadata import version
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from smsreports.environment import read_text

NAME = "smsreports"
PACKAGE = Path(__file__).resolve().parent
BASE_DIR = PACKAGE.parent
PROJECT = BASE_DIR / "pyproject.toml"
# Beside an installed package are other packages; two files, because one of them may come from a careless one.
IS_CHECKOUT = PROJECT.is_file() and (BASE_DIR / "manage.py").is_file()
# A wheel carries the folder inside of the package.
TEMPLATES_DIR = BASE_DIR / "templates" if IS_CHECKOUT else PACKAGE / "templates"


def find_home() -> Path:
    """Return the folder of `.env` and `.data`: SMSREPORTS_HOME, else the checkout, else the working directory."""
    home = Path(read_text("SMSREPORTS_HOME", str(BASE_DIR if IS_CHECKOUT else Path.cwd()))).expanduser().resolve()
    if not home.is_dir():
        raise ImproperlyConfigured(f"SMSREPORTS_HOME is '{home}'; there is no such folder")
    return home


def read_version() -> str:
    """Return the version of this copy. A checkout needs no installation, and may lie beside an older one."""
    if IS_CHECKOUT:
        found: str = tomllib.loads(PROJECT.read_text())["project"]["version"]
        return found
    return version(NAME)
