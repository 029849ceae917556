"""Sources: what may be registered, and that nothing outside a source names it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from smsreports import sources
from smsreports.sources import Source, get_sources, register_source
from tests.conftest import ApiClient, broadcast_line, load_lines, send_line

ROOT = Path(settings.BASE_DIR)
# The settings list the apps.
EXEMPT = {"smsreports/settings.py"}


def list_source_apps() -> list[str]:
    """Return the packages of the apps that hold a registered source."""
    models = [source.model for source in get_sources()]
    return [apps.get_app_config(model._meta.app_label).name for model in models]


def list_modules() -> Iterator[str]:
    """Yield the paths of the service's modules outside the sources, without migrations, which are history."""
    paths = (ROOT / "smsreports").rglob("*.py")
    yield from sorted(str(path.relative_to(ROOT)) for path in paths if "migrations" not in path.parts)


def get_source(slug: str) -> Source:
    return next(source for source in get_sources() if source.slug == slug)


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test register sources that no other test sees."""
    monkeypatch.setattr(sources, "_sources", {source.slug: source for source in get_sources()})


def test_every_source_is_an_app_of_its_own() -> None:
    assert sorted(list_source_apps()) == ["broadcasts_app", "messages_app"]


def test_no_module_outside_a_source_names_it() -> None:
    name = re.compile("|".join(list_source_apps()))
    assert {path for path in list_modules() if name.search((ROOT / path).read_text())} <= EXEMPT


def test_a_second_source_with_campaigns_is_refused(own_registry: None) -> None:
    campaigns = get_source("broadcasts").campaigns
    with pytest.raises(ImproperlyConfigured, match="only one source may have campaigns, not broadcasts and api"):
        register_source(replace(get_source("api"), campaigns=campaigns))
    assert get_source("api").campaigns is None


def test_a_source_can_be_registered_again(own_registry: None) -> None:
    register_source(get_source("broadcasts"))
    assert [source.slug for source in get_sources()] == ["api", "broadcasts"]


@pytest.mark.usefixtures("account")
def test_the_status_of_an_sms_is_found_in_any_source_with_ids_of_clients(own_registry: None, owner: ApiClient) -> None:
    load_lines([broadcast_line(), send_line(message_id="s-1")])
    assert owner.get("/api/v1/sms/status/s-1").status_code == 404
    register_source(replace(get_source("broadcasts"), client_key="message_id"))
    message = owner.get("/api/v1/sms/status/s-1").json()["message"]
    assert message["telecom_message_id"] == "s-1"
