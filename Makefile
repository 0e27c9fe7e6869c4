# make demo: one clinic, end to end, in the lab; ENGINE=docker or podman: in containers. make test, make lint: what CI runs.
# make test-full: every count of docs/testing.md;
# make sites: any number of generated sites. make durations: measures the table there anew.
.PHONY: setup demo test test-full durations lint bench sites lab-debian12 lab-debian13
# Each file stays on one worker, so that a lab is raised once; the slowest files start first
# (tests/conftest.py), in that order. A third worker computes while the two others wait.
PYTEST = .venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

setup:
	@scripts/setup

export ENGINE ?= namespaces

demo: setup
	@scripts/demo

# `ip netns`, which tests use, makes /run/netns for good; the lab takes its own away with its last namespace. Side by
# side one could put it over the other's, so as root it is there before the first test.
NETNS = @[ "$$(id -u)" -ne 0 ] || ! command -v ip > /dev/null || { ip netns add onshi-suite && ip netns delete onshi-suite; }

test: setup
	$(NETNS)
	@$(PYTEST)

test-full: setup
	$(NETNS)
	@$(PYTEST) --full --timeout 1800

durations: setup
	$(NETNS)
	@$(PYTEST) --junitxml .pytest_cache/report.xml
	@.venv/bin/python -m tests.budget .pytest_cache/report.xml

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

# The demo on a fresh Debian in build/, with its daemons and its Python.
lab-debian12 lab-debian13: lab-debian%:
	@scripts/fresh-debian $*

bench: setup
	@for file in benchmarks/*.py; do .venv/bin/python "$$file"; done
