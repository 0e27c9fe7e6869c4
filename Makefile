# make demo: one clinic, end to end, in the lab. make test, make lint: what CI runs.
.PHONY: setup demo test lint bench lab-debian13

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

# The same on a fresh Debian 13 in build/debian13, with its daemons and its Python.
lab-debian13:
	@scripts/debian13 make demo

bench: setup
	@for file in benchmarks/*.py; do .venv/bin/python "$$file"; done
