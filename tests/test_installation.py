"""The project's own packages: one list, which log redaction, the image and the checks of the repository share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from smsreports.installation import BASE_DIR, list_packages
from smsreports.telemetry import redaction
from tests.packaging.test_wheel import PROJECT

TOY = "pigeons_app"


@pytest.fixture
def toy_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A third source app in a checkout."""
    for package in (*list_packages(), TOY):
        (tmp_path / package).mkdir()
    monkeypatch.setattr("smsreports.installation.BASE_DIR", tmp_path)
    monkeypatch.setattr(settings, "INSTALLED_APPS", [*settings.INSTALLED_APPS, TOY])
    redaction._get_own_prefixes.cache_clear()
    yield
    redaction._get_own_prefixes.cache_clear()


def test_the_packages_are_the_project_and_its_source_apps() -> None:
    apps = {path.parent.name for path in BASE_DIR.glob("*/apps.py")}
    assert list_packages() == tuple(sorted(apps | {"smsreports"}))


def test_the_import_rules_cover_all_packages() -> None:
    rules = PROJECT["tool"]["importlinter"]
    assert set(rules["root_packages"]) == set(list_packages())
    layers = {name for layer in rules["contracts"][0]["layers"] for name in layer.replace(":", "|").split(" | ")}
    assert set(list_packages()) - {"smsreports"} <= layers


@pytest.mark.usefixtures("toy_app")
def test_messages_of_a_new_source_app_are_logged_whole() -> None:
    assert TOY in list_packages()
    assert redaction.redact_message(f"{TOY}.loader", "%s pigeons", (3,)) == "3 pigeons"


@pytest.mark.parametrize("name", ["pigeons_app.loader", "rest_framework.views", "django_filters", "smsreports_tools.x"])
def test_messages_of_other_packages_are_redacted(name: str) -> None:
    assert redaction.redact_message(name, "%s pigeons", ("many",)) == "… pigeons"
