# LVAD Twin: everything from a fresh clone with Python 3.11 or newer and make. `make help` lists the targets.

VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8501
PIP := $(PY) -m pip --disable-pip-version-check

# The first interpreter that is new enough; it is run, not just looked up, since version managers leave dead shims.
OLD_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(OLD_ENOUGH)' >/dev/null 2>&1 && echo $$p && break; done) python3)

# Index to take torch from instead of PyPI; remembered, so that it need be given only once.
TORCH_INDEX ?= $(shell cat $(VENV)/.torch-index 2>/dev/null)

# Stamps: touched only after an install succeeded, older than a requirements file that changed since.
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready

.DEFAULT_GOAL := help
.PHONY: help run test lint lock bench hooks clean chromium torch

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make run PORT=8600               another port"
	@echo "  make run PYTHON=python3.12       another Python (3.11 or newer) for a new $(VENV)"
	@echo "  make run TORCH_INDEX=URL         torch from another package index, e.g. the CPU-only index that"
	@echo "                                   pytorch.org/get-started shows; remembered in $(VENV)"

run: $(RUN_READY) ## install what is missing and serve the page at http://localhost:8501
	$(PY) -m streamlit run dashboard/serve.py --server.port $(PORT)

test: lint chromium ## lint, then all tests: unit, page, real browser
	$(PY) -m pytest

lint: $(DEV_READY) ## ruff check, ruff format, mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

lock: $(DEV_READY) ## write requirements.lock (versions, hashes) from requirements.txt; LOCK_OPTIONS=--upgrade
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(PY) -m uv --no-config pip compile requirements.txt \
		--output-file requirements.lock --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-emit-find-links --quiet $(LOCK_OPTIONS)

bench: $(RUN_READY) ## run the benchmarks, one script a question
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; PYTHONPATH=. $(PY) "$$script" || exit 1; done

hooks: $(DEV_READY) ## check every commit before it is made (pre-commit)
	$(PY) -m pre_commit install

clean: ## remove .venv and all caches
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what the targets above stand on ---

$(PY):
	@$(PYTHON) -c '$(OLD_ENOUGH)' || { \
		echo "error: LVAD Twin needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
			"Install one, then: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "error: $(PYTHON) cannot make virtual environments (no ensurepip)." \
			"On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_READY): requirements.txt | $(PY) torch
	$(PIP) install -r requirements.txt
	@touch $@

$(DEV_READY): requirements.txt requirements-dev.txt | $(PY) torch
	$(PIP) install -r requirements-dev.txt
	@touch $(RUN_READY) $@

# Does nothing unless an index is asked for that torch did not come from yet. It comes before the other
# packages: pip then finds torch satisfied.
torch: | $(PY)
ifneq ($(TORCH_INDEX),)
	@test "$(TORCH_INDEX)" = "$$(cat $(VENV)/.torch-index 2>/dev/null)" || { \
		$(PIP) uninstall --yes torch 2>/dev/null; \
		$(PIP) install --index-url "$(TORCH_INDEX)" "$$(grep '^torch[<>=~]' requirements.txt)" \
		&& echo "$(TORCH_INDEX)" > $(VENV)/.torch-index; }
endif

chromium:
	@for c in chromium chromium-browser google-chrome; do command -v $$c >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update && DEBIAN_FRONTEND=noninteractive \
			apt-get install --yes --no-install-recommends chromium fonts-liberation </dev/null; \
	else \
		echo "note: no Chromium found, so the browser tests cannot run (they are skipped; with CI=true they" \
			"fail). On Debian and Ubuntu: sudo apt-get install chromium" >&2; \
	fi
