# make demo: one clinic, end to end, in the lab. make test, make lint: what CI runs.
.PHONY: setup demo test lint bench lab-debian12 lab-debian13

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

# The demo on a fresh Debian in build/, with its daemons and its Python.
lab-debian12 lab-debian13: lab-debian%:
	@scripts/fresh-debian $*

bench: setup
	@for file in benchmarks/*.py; do .venv/bin/python "$$file"; done
