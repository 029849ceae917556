"""The wheel and the sdist: what they hold, and the service that is installed from them."""

import re
import tarfile
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest
import requests

from smsreports.installation import list_packages
from tests.packaging import building
from tests.packaging.building import ROOT, attempt, run
from tests.server import database_url, serving

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERSION = PROJECT["project"]["version"]
DOTENV = "SMSREPORTS_MODE=local\nSECRET_KEY=of-this-folder-and-more-than-fifty-characters-0123456789\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as the container file builds it."""
    source = building.copy_context(tmp_path_factory.mktemp("source"))
    return building.build_wheel(source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which `make build` leaves the wheel and the source distribution."""
    return building.make_distributions(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return building.install_wheel(wheel, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with the `.env` of a local service."""
    (tmp_path / ".env").write_text(DOTENV)
    return tmp_path


def list_files(wheel: Path) -> set[str]:
    return {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_every_file_of_the_packages_and_the_templates(wheel: Path) -> None:
    folders = {"smsreports": "smsreports", "templates": "smsreports/templates"}
    folders |= {path.name: path.name for path in ROOT.glob("*_app")}
    expected = {
        f"{packed}/{path.relative_to(ROOT / folder)}"
        for folder, packed in folders.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"broadcasts_app/migrations/0001_initial.py", "smsreports/templates/django/admin/base_site.html"} <= expected
    assert list_files(wheel) == expected


def test_the_wheel_names_its_version_its_licence_and_its_command(wheel: Path) -> None:
    info = f"smsreports-{VERSION}.dist-info"
    with ZipFile(wheel) as opened:
        metadata, commands = (opened.read(f"{info}/{name}").decode() for name in ("METADATA", "entry_points.txt"))
        assert opened.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert f"\nVersion: {VERSION}\n" in metadata
    assert "\nLicense-Expression: BSD-3-Clause\n" in metadata
    assert "smsreports = smsreports.__main__:main" in commands


def test_make_builds_the_same_wheel_by_way_of_the_source_distribution(distributions: Path, wheel: Path) -> None:
    assert list_files(distributions / wheel.name) == list_files(wheel)


def test_the_source_distribution_is_a_checkout_without_tests(distributions: Path) -> None:
    with tarfile.open(distributions / f"smsreports-{VERSION}.tar.gz") as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {"templates/jinja2/base.html", "LICENSE", "CHANGELOG.md", "manage.py", "pyproject.toml", "setup.py"} <= names
    assert not {name for name in names if name.startswith(("tests", "docs", "smsreports/templates", "."))}


def test_the_build_requires_what_is_pinned_for_it() -> None:
    assert PROJECT["build-system"]["requires"] == PROJECT["dependency-groups"]["build"]


def test_a_working_directory_with_dotenv_is_all_that_a_command_needs(programs: Path, home: Path) -> None:
    assert "no issues" in run(f"{programs}/smsreports", "check", folder=home)
    # Local mode, which only `.env` names, has a database of its own, and it is kept beside that file.
    status = attempt(f"{programs}/smsreports", "database", "status", folder=home)
    assert f"Data: {home}/.data\n" in status.stdout


def test_a_folder_without_dotenv_is_not_the_checkout(programs: Path, tmp_path: Path) -> None:
    stopped = attempt(f"{programs}/smsreports", "check", folder=tmp_path)
    assert stopped.returncode != 0
    assert "SECRET_KEY is not set" in stopped.stdout + stopped.stderr


def test_the_home_is_used_from_every_folder(
    programs: Path, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    command = (f"{programs}/smsreports", "database", "status")
    status = attempt(*command, folder=elsewhere, SMSREPORTS_HOME=str(home))
    assert f"Data: {home}/.data\n" in status.stdout
    assert list(elsewhere.iterdir()) == []


def test_a_home_that_is_not_there_stops_the_start(programs: Path, tmp_path: Path) -> None:
    stopped = attempt(f"{programs}/smsreports", "check", folder=tmp_path, SMSREPORTS_HOME="nowhere")
    assert stopped.returncode != 0
    assert f"SMSREPORTS_HOME is '{tmp_path}/nowhere'; there is no such folder" in stopped.stdout + stopped.stderr


@pytest.mark.parametrize(
    "arguments", [("import-traffic", "--help"), ("help", "import-traffic"), ("help", "import_traffic")]
)
def test_a_command_has_its_name_with_dashes_and_with_underscores(
    programs: Path, home: Path, arguments: tuple[str, ...]
) -> None:
    usage = run(f"{programs}/smsreports", *arguments, folder=home)
    assert usage.startswith("usage: smsreports import_traffic ")


def test_python_m_runs_the_same_commands(programs: Path, home: Path) -> None:
    module = (f"{programs}/python", "-m", "smsreports")
    assert run(*module, "import-traffic", "--help", folder=home).startswith(
        "usage: python -m smsreports import_traffic "
    )
    assert run(*module, "--version", folder=home) == f"smsreports {VERSION}\n"


def test_an_installed_copy_lists_the_packages_of_the_checkout(programs: Path, home: Path) -> None:
    code = "import sys; from smsreports.installation import list_packages; sys.stdout.write(' '.join(list_packages()))"
    output = run(f"{programs}/python", "-c", code, folder=home, DJANGO_SETTINGS_MODULE="smsreports.settings")
    assert output == " ".join(list_packages())


def test_an_installed_server_has_its_pages_files_and_version(
    programs: Path, django_db_setup: None, tmp_path: Path
) -> None:
    command = (f"{programs}/smsreports",)
    with serving(tmp_path / "log", 1, command, tmp_path, DATABASE_URL=database_url()) as server:
        page = requests.get(f"{server.url}/", timeout=building.TIMEOUT_SECONDS)
        assert (page.status_code, "<h1>smsreports</h1>" in page.text) == (200, True)
        # Ours, not the one of the same name that Django brings.
        assert 'href="data:,"' in requests.get(f"{server.url}/admin/login/", timeout=building.TIMEOUT_SECONDS).text
        (sheet,) = re.findall(r'href="(/static/[^"]+\.css)"', page.text)
        style = requests.get(server.url + sheet, timeout=building.TIMEOUT_SECONDS)
        assert style.content == (ROOT / "smsreports" / sheet.removeprefix("/")).read_bytes()
        assert requests.get(f"{server.url}/readyz", timeout=building.TIMEOUT_SECONDS).status_code == 200
        schema = requests.get(f"{server.url}/api/schema", timeout=building.TIMEOUT_SECONDS).json()
        assert schema["info"]["version"] == VERSION
