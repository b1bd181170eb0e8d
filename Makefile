# `make demo` runs the service, `make test` tests it, `make help` lists all targets.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q --no-compile
LOCK := $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: help install demo test browser check texts conversations fuzz guess cost screenshots faults soak bench lock

help:  ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 15

install: .venv/.runtime  ## create .venv with what the service needs, from the lock

demo: .venv/.runtime  ## run the service and a stand-in Telnyx on 127.0.0.1:8000
	@$(BIN)/textlogin demo

test: .venv/.dev  ## every test: SQLite, a real PostgreSQL, the real SDK
	@$(BIN)/python -m pytest -n 4 --dist worksteal $(TEST_OPTIONS)

browser: .venv/.dev  ## the tests that need Chromium, which `make test` runs too
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m browser $(TEST_OPTIONS)

screenshots: .venv/.dev  ## take the pictures of the README from the real pages; needs Chromium
	@$(BIN)/python -m tests.screenshots

check: .venv/.dev  ## ruff (lint, format) and mypy (strict)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

texts: .venv/.runtime  ## every text that phones can get, with its length. LOCALE= KIND=
	@$(BIN)/textlogin texts $(if $(LOCALE),--locale "$(LOCALE)") $(if $(KIND),--kind "$(KIND)")

conversations: .venv/.dev  ## write docs/conversations.md from the scripts in tests/conversations
	@$(BIN)/python -m tests.conversations > docs/conversations.md.new
	@mv docs/conversations.md.new docs/conversations.md

FUZZ := tests/webhooks/api/test_conformance.py tests/webhooks/http/test_fuzz.py \
	tests/webhooks/http/test_without_credentials.py tests/webhooks/pages/test_hostile_browsers.py \
	tests/webhooks/telnyx/test_hostile_events.py tests/webhooks/operations/test_hostile_hosts.py \
	tests/sandbox/test_hostile_calls.py

fuzz: .venv/.dev  ## send many more generated requests and bytes than `make test` does. EXAMPLES=
	@$(BIN)/python -m pytest $(FUZZ) --examples=$(or $(EXAMPLES),300)

guess: .venv/.dev  ## what attackers reach in a day and a month: codes guessed, texts sent. RUNS= SEED=
	@$(BIN)/python -m tests.attacks $(if $(RUNS),--runs "$(RUNS)") $(if $(SEED),--seed "$(SEED)")

cost: .venv/.dev  ## what one attacker can make the operator pay in a day, by kind of attack
	@$(BIN)/python -m tests.attacks.cost

faults: .venv/.dev  ## break things under load, count what is lost; about 10 minutes. FAULT= DATABASE= KILLS= AT_ONCE=
	@$(BIN)/python -m tests.faults \
		$(if $(FAULT),--fault "$(FAULT)") $(if $(DATABASE),--database "$(DATABASE)") \
		$(if $(KILLS),--kills "$(KILLS)") $(if $(AT_ONCE),--at-once "$(AT_ONCE)")

soak: .venv/.dev  ## ten minutes of logins: latency, memory, descriptors, growth. SECONDS= RATE= DATABASE=
	@$(BIN)/python -m tests.faults.soak \
		$(if $(SECONDS),--seconds "$(SECONDS)") $(if $(RATE),--rate "$(RATE)") \
		$(if $(DATABASE),--database "$(DATABASE)")

bench: .venv/.dev  ## performance ratios; needs wrk. PART= MIX= DATABASE= ROUNDS= SECONDS= AGAINST=commit AT_LEAST= QUICK=1
	@$(BIN)/python -m tests.benchmarks \
		$(if $(PART),--part "$(PART)") $(if $(MIX),--mix "$(MIX)") \
		$(if $(DATABASE),--database "$(DATABASE)") \
		$(if $(ROUNDS),--rounds "$(ROUNDS)") $(if $(SECONDS),--seconds "$(SECONDS)") \
		$(if $(AGAINST),--against "$(AGAINST)") $(if $(AT_LEAST),--at-least "$(AT_LEAST)") \
		$(if $(QUICK),--quick)

lock: .venv/.dev  ## update both lock files from pyproject.toml
	@$(LOCK) --upgrade pyproject.toml --group build -o requirements.txt
	@$(LOCK) --upgrade pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …"; exit 1; }
	@echo "Creating .venv …"
	@$(PYTHON) -m venv .venv

# Compiles what the service imports: each start without it takes seconds longer.
COMPILE := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c \
	"import webhooks.cli.demo, webhooks.cli.main, webhooks.ops.connection, webhooks.telnyx.messages_api as api; \
	from bot.phone import load_all; load_all(); api.import_sdk()"

.venv/.runtime: requirements.txt pyproject.toml | .venv/bin/python
	@echo "Installing what the service needs (about half a minute) …"
	@$(PIP) --only-binary :all: --require-hashes -r requirements.txt
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) --no-index --no-deps --no-build-isolation -e .
	@echo "Compiling what the service imports, for fast starts …"
	@$(COMPILE)
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo "Installing what the tests need (about half a minute) …"
	@$(PIP) --only-binary :all: --require-hashes -r requirements-dev.txt
	@touch $@
