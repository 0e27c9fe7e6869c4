# make demo: one clinic, end to end, in the lab; ENGINE=docker or podman: in containers. make test, make lint: what CI runs.
.PHONY: setup demo test lint bench

setup:
	@scripts/setup

export ENGINE ?= namespaces

demo: setup
	@scripts/demo

test: setup
	@.venv/bin/python -m pytest -n 2 --dist loadfile

lint: setup
	@.venv/bin/ruff check --output-format concise .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy

bench: setup
	@for file in benchmarks/*.py; do .venv/bin/python "$$file"; done
