"""A third source and a third dialect work from one folder and one settings line each, and nothing else names them.

Settings hold for a whole process, so the tests of both have a run of their own with settings of their own. The other
tests see the two sources and the two dialects of the service.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.test_repository import ROOT, list_files, relative_name

COMMAND = (sys.executable, "-m", "pytest", "tests/toys", "--ds=tests.toys.settings", "-q", "-p", "no:cacheprovider")
# How a file names each: its package, its slug or model in code, its header and its addresses. The dialect's name alone
# is also that of an account in other tests.
NAMES = {
    "tests/toy_source": re.compile(r"\btoy_source\b|[\"'/`]whatsapp[\"'/`]|\bwhatsapp_|WhatsAppMessage"),
    "tests/toy_dialect": re.compile(r"\btoy_dialect\b|\bX-Acme-|[\"'/]acme/"),
}
# They show or start the toys; and WhatsApp is a word of the providers, too.
EXEMPT = ("tests/toys/", "tests/test_toys.py", "docs/developers/extending.md", "tests/ingest/providers/")


def list_files_that_name(folder: str) -> Iterator[str]:
    """Yield the files outside of a toy's folder that name it."""
    for path in list_files(".py", ".md", ".toml", ".html", ".js", ".yml", "Makefile"):
        name = relative_name(path)
        if not name.startswith((f"{folder}/", *EXEMPT)) and NAMES[folder].search(path.read_text()):
            yield name


def test_the_toys_pass_in_a_run_of_their_own() -> None:
    # pytest and its plugins pass to their own processes what this one must not have.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("folder", NAMES)
def test_no_file_outside_of_its_folder_names_a_toy(folder: str) -> None:
    assert list(list_files_that_name(folder)) == []


@pytest.mark.parametrize("folder", NAMES)
def test_the_settings_name_a_toy_in_one_line(folder: str) -> None:
    lines = (ROOT / "tests" / "toys" / "settings.py").read_text().splitlines()
    assert len([line for line in lines if folder.replace("/", ".") in line]) == 1
