"""Folders and version of this copy, which is either a checkout or an installed wheel."""

import tomllib
from importlib.metadata import files, version
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from smsreports.environment import read_text

NAME = "smsreports"
PACKAGE = Path(__file__).resolve().parent
BASE_DIR = PACKAGE.parent
PROJECT = BASE_DIR / "pyproject.toml"
# Other packages are installed beside this one. Two files are checked, because one may belong to another package.
IS_CHECKOUT = PROJECT.is_file() and (BASE_DIR / "manage.py").is_file()
# A wheel contains the folder inside the package.
TEMPLATES_DIR = BASE_DIR / "templates" if IS_CHECKOUT else PACKAGE / "templates"


def find_home() -> Path:
    """Return the folder of `.env` and `.data`: SMSREPORTS_HOME, else the checkout, else the working directory.

    Raises ImproperlyConfigured if it does not exist.
    """
    home = Path(read_text("SMSREPORTS_HOME", str(BASE_DIR if IS_CHECKOUT else Path.cwd()))).expanduser().resolve()
    if not home.is_dir():
        raise ImproperlyConfigured(f"SMSREPORTS_HOME is '{home}'; there is no such folder")
    return home


def list_packages() -> tuple[str, ...]:
    """Return the project's own root packages: this one, and those of the apps in INSTALLED_APPS that come with it."""
    roots = {app.partition(".")[0] for app in settings.INSTALLED_APPS}
    if IS_CHECKOUT:
        return tuple(sorted(root for root in roots if (BASE_DIR / root).is_dir()))
    return tuple(sorted(roots & {file.parts[0] for file in files(NAME) or ()}))


def read_version() -> str:
    """Return the version of this copy. A checkout needs no installation; an older version may be installed as well."""
    if IS_CHECKOUT:
        project_version: str = tomllib.loads(PROJECT.read_text())["project"]["version"]
        return project_version
    return version(NAME)
