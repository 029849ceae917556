"""The project files: targets, versions and paths in CI, the commit hooks and CONTRIBUTING.md exist and agree."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.packaging.building import ROOT
from tests.packaging.test_wheel import PROJECT
from tests.test_repository import MAKEFILE, find_quoted

CI: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
COMMANDS = [step["run"] for job in CI["jobs"].values() for step in job["steps"] if "run" in step]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*_*.yml"))


def test_ci_and_contributing_run_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    pages = "\n".join([*COMMANDS, *find_quoted((ROOT / "CONTRIBUTING.md").read_text())])
    used = set(re.findall(r"\bmake ([a-z]+)", pages))
    assert {"lint", "test", "browser", "build", "docs", "format", "lock"} <= used
    assert used - targets == set()


def test_ci_tests_every_supported_python() -> None:
    supported = [
        version
        for classifier in PROJECT["project"]["classifiers"]
        for version in re.findall(r"^Programming Language :: Python :: (3\.\d+)$", classifier)
    ]
    matrices = [job["strategy"]["matrix"]["python"] for job in CI["jobs"].values() if "strategy" in job]
    assert matrices == [supported, supported]
    assert PROJECT["project"]["requires-python"] == f">={supported[0]}"


def test_ci_names_files_that_exist() -> None:
    paths = {word for command in COMMANDS for word in shlex.split(command) if word.startswith(("tests/", "deploy/"))}
    cache_paths = {
        step["with"]["cache-dependency-path"] for job in CI["jobs"].values() for step in job["steps"] if "with" in step
    }
    assert {"tests/contracts", "deploy/Containerfile"} <= paths
    assert [name for name in paths | cache_paths if not list(ROOT.glob(name))] == []


def test_ci_has_read_permissions_only() -> None:
    assert CI["permissions"] == {"contents": "read"}
    assert not [job for job in CI["jobs"].values() if "permissions" in job or "secrets." in str(job)]


def test_the_commit_hooks_run_the_commands_of_make_lint() -> None:
    assert [repository["repo"] for repository in HOOKS] == ["local"]
    (recipe,) = re.findall(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    checks = recipe.replace("$(VENV)/bin/", ".venv/bin/").replace("$(MANAGE)", ".venv/bin/python manage.py")
    entries = [hook["entry"].replace(" --force-exclude", "") for hook in HOOKS[0]["hooks"]]
    assert len(entries) == 7
    assert [entry for entry in entries if f"@{entry}" not in checks] == []


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_the_required_fields(form: Path) -> None:
    fields = yaml.safe_load(form.read_text())
    assert fields["name"] and fields["description"]
    inputs = [field for field in fields["body"] if field["type"] != "markdown"]
    identifiers = [field["id"] for field in inputs]
    assert len(set(identifiers)) == len(identifiers) > 1
    assert all(field["attributes"]["label"] for field in inputs)


def test_the_security_policy_names_no_email_address_or_url() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    assert "Report a vulnerability" in text
    assert not re.search(r"\S@\S|https?:", text)
