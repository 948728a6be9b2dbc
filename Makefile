# Slipstream's task runner. `make help` lists the targets; each of them sets up what it needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Some machines forbid Python to keep what it compiled: each of the many processes of a run would compile it all anew.
unexport PYTHONDONTWRITEBYTECODE

# Python 3.11 or 3.12: `python3` where it is one of them, else the first that is found.
SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do $$p -c '$(SUITABLE)' 2>/dev/null && echo $$p && break; done)

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALLED := .venv/.installed
READY := .venv/.ready
READY_SHARED := .venv/.ready-shared
SHARED ?= shared

.PHONY: help setup demo dev test pages journeys shared nightly bench bench-peers lint format types imports check ci lock browser postgres clean

help: ## list the targets
	@echo "Slipstream: from Jira to governed, forecast-ready tables."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv from the hashed lock (every other target does it by itself)

demo: $(READY) ## run the whole line on a simulated portfolio; a second time: one week later
	@$(BIN)/slipstream demo

dev: $(READY) ## open the Dagster UI with everything in it
	@$(BIN)/slipstream dev

test: $(READY) ## the fast tests
	@$(BIN)/python -m pytest -m "not slow and not pages and not shared and not nightly" -n 2 --dist loadscope

pages: $(READY) browser ## the pages, as a person sees them in headless Chromium
	@$(BIN)/python -m pytest -m pages

journeys: $(READY) ## the slow tests: whole journeys, crashes, load
	@$(BIN)/python -m pytest -m "slow and not pages and not shared and not nightly" -n 2 --dist loadscope --durations=25 --durations-min=5

shared: $(READY_SHARED) postgres ## object storage and the shared catalogue, on loopback (SHARED="shared and not slow": only parts)
	@$(BIN)/python -m pytest -m "$(SHARED)" --durations=10 --durations-min=2

nightly: $(READY) ## 1,000 random histories of a Jira, more crash points and shuffled landings (30 minutes)
	@$(BIN)/python -m pytest tests/connectors/jira/test_jira_state_machine.py --hypothesis-profile=nightly
	@$(BIN)/python -m pytest -m nightly -n 2 --dist loadscope

bench: $(READY) ## benchmarks, as JSON lines
	@for bench in $$(grep -l __main__ benchmarks/*.py); do $(BIN)/python "$$bench"; done

bench-peers: $(READY) ## Slipstream beside dlt, tap-jira, Airbyte and jira on one sandbox (BENCH=--only=faults)
	@$(BIN)/python -m benchmarks.peers $(BENCH)

check: lint types imports ## lint, types and imports

lint: $(READY) ## ruff, yamllint, sqlfmt, sqlfluff
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/yamllint --strict .
	@if compgen -G 'dbt_project/*/*' >/dev/null; then \
		$(BIN)/sqlfmt --check --quiet dbt_project; \
		$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models; \
	fi

format: $(READY) ## rewrite Python and SQL in the house style
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfmt --quiet dbt_project

types: $(READY) ## mypy --strict
	@$(BIN)/mypy

imports: $(READY) ## who may import whom
	@$(BIN)/lint-imports --no-cache

ci: ## everything, as continuous integration runs it
	@.ci/run

lock: $(READY) ## recompile the two locks from pyproject.toml (hashed, no host names)
	@test -x .dev/lock/bin/pip-compile || { $(PYTHON) -m venv .dev/lock && \
		.dev/lock/bin/python -m pip --disable-pip-version-check install --quiet pip-tools; }
	@echo 'duckdb==1.5.5' > .dev/lock/constraints.txt
	@.dev/lock/bin/pip-compile --quiet --upgrade --extra dev --generate-hashes --allow-unsafe --strip-extras \
		--no-header --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
		--constraint .dev/lock/constraints.txt --output-file requirements.lock pyproject.toml
	@$(PYTHON) -c 'import tomllib; extras = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]; \
		print(*extras["shared"], *extras["shared-dev"], sep="\n")' > .dev/lock/shared.in
	@.dev/lock/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
		--no-header --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
		--constraint requirements.lock --output-file requirements-shared.lock .dev/lock/shared.in
	@if grep -nE '://' requirements.lock requirements-shared.lock; then echo "A lock names a host." >&2; exit 1; fi

browser:
	@if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then \
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
			echo "Installing Chromium for the page tests ..."; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null; \
		else \
			echo "The page tests need Chromium: as root, apt-get install chromium chromium-driver" >&2; exit 1; \
		fi; \
	fi

postgres:
	@if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && ! command -v initdb >/dev/null; then \
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
			echo "Installing Postgres for the tests of the shared catalogue ..."; \
			apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; \
		else \
			echo "The tests of the shared catalogue need Postgres: as root, apt-get install postgresql" >&2; exit 1; \
		fi; \
	fi

clean: ## remove caches and build output (keeps .venv and your data)
	@rm -rf build dist .dev .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		dbt_project/target dbt_project/logs logs *.egg-info
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

$(READY): $(INSTALLED) pyproject.toml
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_SHARED): $(READY) requirements-shared.lock
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements-shared.lock
	@touch $@

# pip prints several lines a package; one line that counts says as much, and a failure shows the end of the log.
$(INSTALLED): requirements.lock | .venv/bin/pip
	@total=$$(grep -cE '^[A-Za-z0-9]' requirements.lock); \
	echo "Setting up: $$total packages, a minute or two the first time."; \
	$(PIP) install --no-deps --require-hashes --progress-bar off -r requirements.lock 2>&1 | tee .venv/setup.log \
		| awk -v total="$$total" '/^(Collecting|Processing|Requirement already)/ { printf "\r  %d of %d", ++n, total; fflush() } \
			/^Installing collected/ { printf "\r  %d read, now installing ...", n; fflush() } END { print "" }' \
		|| { tail -n 15 .venv/setup.log >&2; exit 1; }
	@touch $@

.venv/bin/pip:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Slipstream needs Python 3.11 or 3.12 (set PYTHON=... if it is not on your PATH)." >&2; exit 1; \
	fi
	@if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
			echo "Installing python3-venv ..."; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null; \
		else \
			echo "Python's venv module is not installed: as root, apt-get install python3-venv" >&2; exit 1; \
		fi; \
	fi
	@$(PYTHON) -m venv .venv
