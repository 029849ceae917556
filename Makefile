# Nothing but Python is needed before `setup`, which every target begins with.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
RUN := $(VENV)/bin/python
MANAGE := $(RUN) manage.py

.PHONY: help run test matrix check setup lint format build bench soak browser screenshots fuzz docs lock

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: SETUP = --port "$(PORT)"
run: setup ## start a local server with demo traffic on PORT (default 8000); DEMO="--messages 300 --sends 200" for less
	@exec $(MANAGE) quickstart --port "$(PORT)" $(DEMO)

test: setup ## run the tests on a real PostgreSQL
	@$(RUN) -m pytest -n 3 --dist loadfile --ignore=tests/browser

matrix: setup ## run the tests with every supported Python and PostgreSQL that is installed
	@.ci/matrix

check: setup lint test ## run lint, types and tests, as CI does

lint: setup ## check format, style, types, migrations and the deployment settings
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/djlint --profile jinja --check --lint --quiet templates/jinja2
	@$(VENV)/bin/djlint --profile django --check --lint --quiet templates/django
	@$(VENV)/bin/mypy . .make
	@$(VENV)/bin/lint-imports
	@$(MANAGE) makemigrations --check --dry-run
	@.ci/check-deploy $(MANAGE)

format: setup ## format code and templates, and sort imports
	@$(VENV)/bin/ruff check --quiet --select I --fix .
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/djlint --profile jinja --reformat --quiet templates/jinja2 || test $$? = 1  # it changed a file
	@$(VENV)/bin/djlint --profile django --reformat --quiet templates/django || test $$? = 1

# The wheel is built from the source distribution: it holds nothing that an earlier build left in the checkout.
build: setup ## build the wheel and the source distribution into dist/
	@rm -rf dist smsreports.egg-info
	@$(RUN) -c 'from setuptools import build_meta; build_meta.build_sdist("dist")' >/dev/null
	@$(RUN) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation --wheel-dir dist dist/*.tar.gz
	@rm -rf smsreports.egg-info
	@ls dist/*

bench: setup ## measure speed on ROWS (default 10000000) rows
	@$(RUN) -m tests.benchmarks

soak: setup ## load, kill and break a running service for half an hour, and check that no row is lost or doubled
	@$(RUN) -m tests.soak

browser: $(VENV)/.browser ## test the pages in Chromium, which must be installed
	@command -v chromium || command -v chromium-browser || command -v google-chrome || { echo "Chromium is needed"; exit 1; }
	@$(RUN) -m pytest tests/browser

screenshots: $(VENV)/.browser ## render the report pages of the demo traffic into docs/img
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) demo --continue
	@$(RUN) -m tests.browser.screenshots

docs: $(VENV)/.docs ## build the documentation site in site/ and run the commands of its pages
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build
	@echo "The documentation is in site/index.html."
	@$(RUN) -m pytest -q tests/docs
	@$(RUN) -m tests.docs

fuzz: $(VENV)/.fuzz ## send CASES (default 10000) requests generated from the OpenAPI description
	@$(RUN) -m tests.fuzz

$(VENV)/.fuzz: $(VENV)/.installed requirements/fuzz.txt .env
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	@touch $@

$(VENV)/.docs: $(VENV)/.installed requirements/docs.txt .env
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/docs.txt
	@touch $@

$(VENV)/.browser: $(VENV)/.installed requirements/browser.txt .env
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/browser.txt
	@touch $@

# A look at what is there; it completes or makes anew what is missing or broken.
setup: ## make .venv with the pinned packages, and .env where there is none
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "Python 3.11 or newer is needed, and $(PYTHON) is %d.%d: name another by PYTHON=…" % v[:2])'
	@$(PYTHON) .make/bootstrap.py $(SETUP) $(VENV)

$(VENV)/.installed .env: | setup ;

lock: ## write the pinned requirements anew, with hashes (needs uv)
	uv pip compile pyproject.toml $(LOCK) -o requirements/production.txt
	uv pip compile pyproject.toml --extra embedded $(LOCK) -c requirements/production.txt -o requirements/local.txt
	uv pip compile --group build $(LOCK) -o requirements/build.txt
	uv pip compile pyproject.toml --extra embedded --extra dev --group build $(LOCK) -c requirements/local.txt -c requirements/build.txt -o requirements/dev.txt
	uv pip compile pyproject.toml --extra browser $(LOCK) -c requirements/dev.txt -o requirements/browser.txt
	uv pip compile pyproject.toml --extra fuzz $(LOCK) -c requirements/dev.txt -o requirements/fuzz.txt
	uv pip compile pyproject.toml --extra docs $(LOCK) -c requirements/dev.txt -o requirements/docs.txt
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet
