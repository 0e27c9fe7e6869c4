# make demo: one clinic, end to end, in the lab. make test, make lint: what CI runs.
.PHONY: setup demo test lint bench sites

setup:
	@scripts/setup

demo: setup
	@scripts/demo

test: setup
	@.venv/bin/python -m pytest -n 2 --dist loadfile

lint: setup
	@.venv/bin/ruff check --output-format concise .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy

# Generated sites in labs of their own (tests/lab/sites): make sites N=200 SEED=1 ON="existing pcs"
N ?= 20
SEED ?= 1
JOBS ?= 2
sites: setup
	@.venv/bin/python -m tests.lab.sites --seeds $(SEED)..$$(($(SEED) + $(N) - 1)) --jobs $(JOBS) $(addprefix --on ,$(ON))

bench: setup
	@for file in benchmarks/*.py; do .venv/bin/python "$$file"; done
