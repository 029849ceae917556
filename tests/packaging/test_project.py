"""The files around the code: what CI, the commit hooks and CONTRIBUTING.md name is there, and they agree."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.packaging.building import ROOT
from tests.packaging.test_wheel import PROJECT
from tests.test_repository import MAKEFILE, quoted

CI: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
COMMANDS = [step["run"] for job in CI["jobs"].values() for step in job["steps"] if "run" in step]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*_*.yml"))


def test_ci_and_contributing_run_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    pages = "\n".join([*COMMANDS, *quoted((ROOT / "CONTRIBUTING.md").read_text())])
    wanted = set(re.findall(r"\bmake ([a-z]+)", pages))
    assert {"lint", "test", "browser", "build", "docs", "format", "lock"} <= wanted
    assert wanted - targets == set()


def test_ci_tries_every_python_that_is_supported() -> None:
    supported = [
        version
        for classifier in PROJECT["project"]["classifiers"]
        for version in re.findall(r"^Programming Language :: Python :: (3\.\d+)$", classifier)
    ]
    matrices = [job["strategy"]["matrix"]["python"] for job in CI["jobs"].values() if "strategy" in job]
    assert matrices == [supported, supported]
    assert PROJECT["project"]["requires-python"] == f">={supported[0]}"


def test_ci_names_files_that_exist() -> None:
    named = {word for command in COMMANDS for word in shlex.split(command) if word.startswith(("tests/", "deploy/"))}
    cached = {
        step["with"]["cache-dependency-path"] for job in CI["jobs"].values() for step in job["steps"] if "with" in step
    }
    assert {"tests/contracts", "deploy/Containerfile"} <= named
    assert [name for name in named | cached if not list(ROOT.glob(name))] == []


def test_ci_reads_the_repository_and_writes_nothing() -> None:
    assert CI["permissions"] == {"contents": "read"}
    assert not [job for job in CI["jobs"].values() if "permissions" in job or "secrets." in str(job)]


def test_a_commit_is_checked_by_the_pinned_tools_as_lint_checks_the_tree() -> None:
    assert [repository["repo"] for repository in HOOKS] == ["local"]
    (recipe,) = re.findall(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    checks = recipe.replace("$(VENV)/bin/", ".venv/bin/").replace("$(MANAGE)", ".venv/bin/python manage.py")
    entries = [hook["entry"].replace(" --force-exclude", "") for hook in HOOKS[0]["hooks"]]
    assert len(entries) == 4
    assert [entry for entry in entries if f"@{entry}" not in checks] == []


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_what_the_forge_demands(form: Path) -> None:
    fields = yaml.safe_load(form.read_text())
    assert fields["name"] and fields["description"]
    inputs = [field for field in fields["body"] if field["type"] != "markdown"]
    identifiers = [field["id"] for field in inputs]
    assert len(set(identifiers)) == len(identifiers) > 1
    assert all(field["attributes"]["label"] for field in inputs)


def test_vulnerabilities_are_reported_to_the_forge_and_to_no_invented_address() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    assert "Report a vulnerability" in text
    assert not re.search(r"\S@\S|https?:", text)
