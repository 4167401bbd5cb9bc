# Hedgerow's commands. `make` alone lists them. Each one that needs .venv makes it first.
.DEFAULT_GOAL := help
.PHONY: help setup environment-run environment-dev demo test quick check static sim long elections power-cuts fuzz conformance oracles fix lock deploy-check image try-image try-service fuzz-api check-html clean

PYTHON_RUN := .venv/bin/python
# What the long simulation runs; `make sim NODES=5 SEEDS=20` runs less of it.
NODES ?= 10
SEEDS ?= 200
# How long `make fuzz` tries each reader, and which; all of them where none is named.
SECONDS ?= 60
TARGETS ?=
HISTORIES ?= 300
# Further words for pytest, for example `make test ARGS="-k ballot"`.
ARGS ?=
# asyncio's debug mode finds awaits that were forgotten and callbacks that block. What is compiled is kept, even
# where the surroundings forbid it: else every node that a test starts compiles itself anew, for half a second.
TEST_ENVIRONMENT := PYTHONASYNCIODEBUG=1 PYTHONDONTWRITEBYTECODE=
# Two workers, a file of tests each: what the smallest machine we test on has cores for.
# Their folders have short names: a socket's path is cut at about a hundred bytes.
PYTEST := folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(TEST_ENVIRONMENT) $(PYTHON_RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --basetemp "$$folder/t"
# Each test goes to whichever worker is free: one of them alone takes minutes.
LONG := $(subst --dist loadfile --no-loadscope-reorder,--dist worksteal,$(PYTEST)) -m long --hypothesis-profile=long
ELECTIONS ?= 100000
CUTS ?= 10000
# Written when all of its environment is there.
ORACLES := .venv-oracles/ready

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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
	$(LONG) $(ARGS)

elections: environment-dev $(ORACLES) ## each counting method and its second counts over ELECTIONS=100000 random elections
	$(LONG) --elections $(ELECTIONS) -k "random_elections or random_budgets" tests/governance tests/verifier $(ARGS)

oracles: environment-dev $(ORACLES) ## the same against packages of others alone, in .venv-oracles
	$(LONG) --elections $(ELECTIONS) tests/governance/oracles $(ARGS)

power-cuts: environment-dev ## CUTS=10000 power cuts under the real store, on a disk that loses what was not synced
	$(LONG) --cuts $(CUTS) -k power_cuts tests/storage/test_powerloss.py $(ARGS)

# Tools of others live in folders of their own, which git leaves alone and `make clean` removes.
FUZZER := .venv-schemathesis/bin/st
CHECKER := build/vnu/node_modules/vnu-jar/build/dist/vnu.jar

# Without what these packages ask for besides: the lock file names all that they need to count.
$(ORACLES): requirements-oracles.lock | environment-dev
	$(PYTHON_RUN) -m venv --clear .venv-oracles
	.venv-oracles/bin/python -m pip --quiet --disable-pip-version-check --no-input install --no-deps \
		--require-hashes --only-binary :all: --requirement $<
	touch $@

$(FUZZER): | environment-dev
	$(PYTHON_RUN) -m venv .venv-schemathesis
	.venv-schemathesis/bin/python -m pip --quiet --disable-pip-version-check install 'schemathesis==4.32.5'

$(CHECKER):
	mkdir -p build/vnu
	npm install --no-save --no-audit --no-fund --silent --prefix build/vnu vnu-jar@26.9.27
	test -s $@ # The archive comes with the package; npm keeps quiet when it does not.

fuzz-api: environment-dev $(FUZZER) ## schemathesis against a running node's API
	SCHEMATHESIS=$(CURDIR)/$(FUZZER) $(PYTHON_RUN) -m pytest -m long -s -k fuzzer tests/e2e/test_web_from_outside.py

check-html: environment-dev $(CHECKER) ## the W3C's checker over a running node's pages (needs npm and java)
	VNU_JAR=$(CURDIR)/$(CHECKER) $(PYTHON_RUN) -m pytest -m long -s -k nu_checker \
		tests/e2e/test_web_from_outside.py tests/web/pages/test_valid_html.py

fuzz: environment-dev ## random bytes for every reader of foreign bytes: SECONDS=60 for each, TARGETS="changes frames"
	$(PYTHON_RUN) -m tests.fuzz --seconds $(SECONDS) $(TARGETS)

conformance: environment-dev ## documents as Automerge's makers read them (needs Node.js 20): HISTORIES=300
	npm install --prefix tests/conformance --no-package-lock --no-audit --no-fund --ignore-scripts
	$(PYTHON_RUN) -m tests.conformance --histories $(HISTORIES)

fix: environment-dev ## format, and mend what ruff can mend
	$(PYTHON_RUN) -m ruff format .
	$(PYTHON_RUN) -m ruff check --fix .

lock: ## renew the lock files within pyproject.toml's bounds (needs uv)
	tools/lock.sh

deploy-check: environment-dev ## whether deploy/ holds: unit, container, proxies, package
	$(PYTEST) -q tests/deploy $(ARGS)

# Neither needs a Docker engine; each says which Debian packages are missing.
image: environment-run ## the container image, in build/hedgerow-image.tar
	@deploy/container/build.sh

try-image: ## run the image that `make image` made: health, SIGTERM, restart with its data
	@deploy/container/try.sh

try-service: ## run the systemd unit in a booted Debian, with what `make image` made
	@deploy/systemd/try.sh

clean: ## remove .venv and everything the tools left behind
	rm -rf .venv .venv-oracles .venv-schemathesis .mypy_cache .ruff_cache .hypothesis .import_linter_cache .pytest_cache build dist
	find node tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
