# Everything a developer runs.  `make help` lists the targets.
#
# The first target that needs it makes .venv and installs what the lock files in
# requirements/ pin, checked by hash.  Stamp files in .venv remember that, so that the
# next call starts at once; a changed lock file or pyproject.toml installs again.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PYTHON_VENV := $(BIN)/python
PIP := $(PYTHON_VENV) -m pip --disable-pip-version-check install --quiet --no-input
BASE := .venv/.installed-base
DEV := .venv/.installed-dev

# Two tests at a time: each makes its own folders, and many of them mostly wait.
PYTEST_WORKERS ?= 2
# Seconds after which a test counts as hanging, and its process ends with all stacks shown.
PYTEST_HANGS ?= 300
PYTEST_OPTIONS ?=
# What selects the tests that failed, which are run once more; nothing: they are not.
PYTEST_AGAIN ?= --last-failed --last-failed-no-failures none

.PHONY: help
help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

# --- setting up ------------------------------------------------------------------

$(PYTHON_VENV):
	@python=$$(tools/find-python) && echo "making .venv with $$($$python --version)" >&2 \
		&& $$python -m venv .venv

$(BASE): requirements/base.lock pyproject.toml | $(PYTHON_VENV)
	@echo "installing what requirements/base.lock pins" >&2
	@$(PIP) --require-hashes -r requirements/base.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.lock $(BASE)
	@echo "installing what requirements/dev.lock pins" >&2
	@$(PIP) --require-hashes -r requirements/dev.lock
	@touch $@

.PHONY: setup
setup: $(DEV) ## Make .venv with the project and all that its development needs

# --- using it --------------------------------------------------------------------

.PHONY: demo
demo: $(BASE) ## Count the identifiers of Python's standard library by map-reduce
	@$(PYTHON_VENV) examples/count_identifiers.py
	@$(BIN)/fairlead jobs tree identifiers

# --- checking it -----------------------------------------------------------------

.PHONY: test
test: $(DEV) ## Check everything: lint, types, generated files, all tests
	@tools/run-parts lint types generated pytest pytest-cluster

.PHONY: test-fast
test-fast: $(DEV) ## Run the unit tests only
	@$(PYTHON_VENV) -m pytest -q tests/unit $(PYTEST_OPTIONS)

PYTEST = $(PYTHON_VENV) -m pytest --timeout $(PYTEST_HANGS) --timeout-method thread \
	--durations=15 $(PYTEST_OPTIONS)

.PHONY: pytest
pytest: $(DEV)
	@rm -f build/pytest.txt build/pytest.status
	@PYTEST_AGAIN="$(PYTEST_AGAIN)" tools/run-pytest $(PYTEST) -n $(PYTEST_WORKERS) --dist worksteal -m "not cluster"

# The tests of a cluster share it, so one process runs them, one after another.  One that
# hangs fails and lets the others run: what it hangs at is mostly the cluster.
.PHONY: pytest-cluster
pytest-cluster: $(DEV)
	@PYTEST_AGAIN="$(PYTEST_AGAIN)" tools/run-pytest $(PYTEST) --timeout-method signal -m cluster

.PHONY: lint
lint: $(DEV) ## Check style and format with ruff
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { \
		echo "Not formatted as above; 'make format' does it." >&2; exit 1; }

.PHONY: format
format: $(DEV) ## Mend style and format where ruff can
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

.PHONY: types
types: $(DEV) ## Check types with mypy --strict
	@$(BIN)/mypy --no-error-summary

.PHONY: contract
contract: $(DEV) ## Check that imports point one way
	@$(BIN)/lint-imports --no-logo 2>&1 || $(BIN)/lint-imports

.PHONY: generate
generate: $(DEV) ## Write every file that is derived from the code
	@$(PYTHON_VENV) tools/generate.py

.PHONY: generated
generated: $(DEV)
	@$(PYTHON_VENV) tools/generate.py --check

.PHONY: verify
verify: ## Fail if a derived file, the style, the types or the imports are not as they should be
	@tools/run-parts lint types contract generated

# --- keeping it ------------------------------------------------------------------

UV_VERSION := 0.13.8
COMPILE = build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header
EXTRAS := --extra cli --extra kubernetes --extra operator --extra protobuf --extra s3

.PHONY: lock
lock: $(PYTHON_VENV) ## Resolve the lock files anew (LOCK_OPTIONS=--upgrade for the newest)
	@test -x build/lock/bin/uv || { $(PYTHON_VENV) -m venv build/lock \
		&& build/lock/bin/pip install --quiet uv==$(UV_VERSION); }
	@$(COMPILE) $(LOCK_OPTIONS) pyproject.toml $(EXTRAS) --group build --group dev \
		--output-file requirements/dev.lock
	@$(COMPILE) pyproject.toml --extra cli --group build \
		--constraint requirements/dev.lock --output-file requirements/base.lock
	@$(COMPILE) pyproject.toml --extra protobuf --extra s3 \
		--constraint requirements/dev.lock --output-file requirements/runner.lock
	@$(COMPILE) pyproject.toml --extra operator \
		--constraint requirements/dev.lock --output-file requirements/operator.lock
	@printf 'bandit>=1.9\ncheckov>=3.3\n' | $(COMPILE) $(LOCK_OPTIONS) - \
		--output-file requirements/checkers.lock

.PHONY: pictures
pictures: $(DEV) ## Draw the dashboards for the docs, from what a cluster does in five minutes
	@$(PYTHON_VENV) -m tests.integration.dashboards.record build/dashboards.json
	@$(PYTHON_VENV) tools/draw_dashboards.py build/dashboards.json docs/pictures

.PHONY: clean
clean: ## Remove caches and whatever was built; .venv stays
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src operator tests tools examples -name __pycache__ -prune -exec rm -rf {} +

# Benchmarks and the cluster bring their own targets.
-include tests/bench/bench.mk
-include tests/cluster/cluster.mk
-include tests/site/site.mk
