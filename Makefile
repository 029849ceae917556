# The first step is shared: `.venv` from pinned requirements, and a `.env` where there is none.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
RUN := $(VENV)/bin/python
MANAGE := $(RUN) manage.py

.PHONY: run test check setup lint bench soak browser screenshots fuzz lock

run: setup ## everything up to a server with the demo traffic in it
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) demo --continue
	@$(MANAGE) welcome --port $(PORT)
	@exec $(MANAGE) serve --port $(PORT)

test: setup ## everything up to a finished test run
	@$(RUN) -m pytest -n 3 --dist loadfile

check: setup lint test ## what CI runs

lint: setup
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy .
	@$(MANAGE) makemigrations --check --dry-run
	@.ci/check-deploy $(MANAGE)

bench: setup ## measures against its yardsticks; ROWS=10000000 by default
	@$(RUN) -m tests.benchmarks

soak: setup ## two minutes of writers and readers at once, then a hundred kills, then 500 faults: nothing is lost, doubled or cut unseen
	@$(RUN) -m tests.soak

browser: $(VENV)/.browser ## the pages in the system's Chromium, as people use them
	@command -v chromium || command -v chromium-browser || command -v google-chrome || { echo "Chromium is needed"; exit 1; }
	@$(RUN) -m pytest tests/browser

screenshots: $(VENV)/.browser ## the pages, from the local demo traffic, into docs/img
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) demo --continue
	@$(RUN) -m tests.browser.screenshots

fuzz: $(VENV)/.fuzz ## requests made from the published description, CASES=10000 by default: it says what is answered
	@$(RUN) -m tests.fuzz

$(VENV)/.fuzz: $(VENV)/.installed requirements/fuzz.txt .env
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	@touch $@

$(VENV)/.browser: $(VENV)/.installed requirements/browser.txt .env
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/browser.txt
	@touch $@

setup: $(VENV)/.installed .env

$(VENV)/.installed: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.env:
	@umask 077; $(RUN) -c 'import secrets; print("SMSREPORTS_MODE=local\nSECRET_KEY=" + secrets.token_urlsafe(50))' > .env

lock: ## pins the requirements anew, with hashes and without addresses; needs uv
	uv pip compile pyproject.toml --extra embedded $(LOCK) -o requirements/production.txt
	uv pip compile pyproject.toml --extra embedded --extra dev $(LOCK) -c requirements/production.txt -o requirements/dev.txt
	uv pip compile pyproject.toml --extra browser $(LOCK) -c requirements/dev.txt -o requirements/browser.txt
	uv pip compile pyproject.toml --extra fuzz $(LOCK) -c requirements/dev.txt -o requirements/fuzz.txt
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet
