# Hedgerow's commands. `make` alone lists them. Each one that needs .venv makes it first.
.DEFAULT_GOAL := help
.PHONY: help setup environment-run environment-dev demo test quick check static sim long fix lock clean

PYTHON_RUN := .venv/bin/python
# What the long simulation runs; `make sim NODES=5 SEEDS=20` runs less of it.
NODES ?= 10
SEEDS ?= 200
# Further words for pytest, for example `make test ARGS="-k ballot"`.
ARGS ?=
# asyncio's debug mode finds awaits that were forgotten and callbacks that block.
TEST_ENVIRONMENT := PYTHONASYNCIODEBUG=1
# Two workers, a file of tests each: what the smallest machine we test on has cores for.
# Their folders have short names: a socket's path is cut at about a hundred bytes.
PYTEST := folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(TEST_ENVIRONMENT) $(PYTHON_RUN) -m pytest -n 2 --dist loadfile --basetemp "$$folder/t"

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: environment-dev ## make .venv with all that running and developing need

# The script returns at once when .venv is as the lock files say.
environment-run:
	@tools/setup.sh run

environment-dev:
	@tools/setup.sh dev

demo: environment-run ## three communities' nodes on this machine (DATA=file imports a listing file)
	@.venv/bin/hedgerow demo $(if $(DATA),--data-file '$(DATA)')

test: environment-dev ## the everyday tests
	$(PYTEST) $(ARGS)

quick: static ## formatting, ruff, mypy, imports and unit tests: before each commit
	$(PYTEST) -q -m "not long and not e2e" --ignore=tests/sim $(ARGS)

check: static ## all that must hold before a change lands
	$(PYTEST) $(ARGS)

static: environment-dev
	$(PYTHON_RUN) -m ruff format --check .
	$(PYTHON_RUN) -m ruff check .
	$(PYTHON_RUN) -m mypy
	.venv/bin/lint-imports --no-logo

sim: environment-dev ## the long simulation: NODES=10 SEEDS=200
	$(PYTHON_RUN) -m tests.sim --nodes $(NODES) --seeds $(SEEDS) --json

long: environment-dev ## the long counts, which the everyday tests leave out
	$(TEST_ENVIRONMENT) $(PYTHON_RUN) -m pytest -m long --hypothesis-profile=long $(ARGS)

fix: environment-dev ## format, and mend what ruff can mend
	$(PYTHON_RUN) -m ruff format .
	$(PYTHON_RUN) -m ruff check --fix .

lock: ## renew the lock files within pyproject.toml's bounds (needs uv)
	tools/lock.sh

clean: ## remove .venv and everything the tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .import_linter_cache .pytest_cache build dist
	find node tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
