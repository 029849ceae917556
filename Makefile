# Nothing but Python is needed before `setup`, which every target begins with.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
RUN := $(VENV)/bin/python
MANAGE := $(RUN) manage.py

.PHONY: run test check setup lint bench soak browser screenshots fuzz lock

run: SETUP = --port "$(PORT)"
run: setup ## everything up to a server with the demo traffic in it; DEMO="--messages 300 --sends 200" for less
	@exec $(MANAGE) quickstart --port "$(PORT)" $(DEMO)

test: setup ## everything up to a finished test run
	@$(RUN) -m pytest -n 3 --dist loadfile

check: setup lint test ## what CI runs

lint: setup
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy . .make
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

# A look at what is there; it completes or makes anew what is missing or broken.
setup: ## `.venv` with the pinned packages, and `.env`
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "Python 3.11 or newer is needed, and $(PYTHON) is %d.%d: name another by PYTHON=…" % v[:2])'
	@$(PYTHON) .make/bootstrap.py $(SETUP) $(VENV)

$(VENV)/.installed .env: | setup ;

lock: ## pins the requirements anew, with hashes and without addresses; needs uv
	uv pip compile pyproject.toml --extra embedded $(LOCK) -o requirements/production.txt
	uv pip compile pyproject.toml --extra embedded --extra dev $(LOCK) -c requirements/production.txt -o requirements/dev.txt
	uv pip compile pyproject.toml --extra browser $(LOCK) -c requirements/dev.txt -o requirements/browser.txt
	uv pip compile pyproject.toml --extra fuzz $(LOCK) -c requirements/dev.txt -o requirements/fuzz.txt
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet
