# make demo: one clinic, end to end, in the lab; ENGINE=docker or podman: in containers. make test, make lint: what CI runs.
# make test-full: every count of docs/testing.md;
# make sites: any number of generated sites; make starts: of routers as somebody left them. make durations: measures the table there anew.
# docs/supply-chain.md: make lock, wheel, sbom, audit (3: its database can't be reached), ranges.
.PHONY: setup demo test test-full trust durations docs lint bench sites starts mutants lab-debian12 lab-debian13 acceptance conformance undo powershell \
  lock wheel sbom audit ranges
# Each file stays on one worker, so that a lab is raised once; the slowest files start first
# (tests/conftest.py), in that order. More workers than cores compute while others wait.
PYTEST = .venv/bin/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

# Where it is set, each of some thousand processes of the suite compiles what it imports anew.
unexport PYTHONDONTWRITEBYTECODE

setup:
	@scripts/setup

export ENGINE ?= namespaces

demo: setup
	@scripts/demo

# `ip netns`, which tests use, makes /run/netns for good; the lab takes its own away with its last namespace. Side by
# side one could put it over the other's: it is there before the first test and gone after the last.
NETNS = @PYTHONPATH=lab .venv/bin/python -m onshi_lab.kernel.shared

test: setup
	$(NETNS) $(PYTEST)

test-full: setup
	$(NETNS) $(PYTEST) --full --timeout 1800

# What docs/security.md promises: hostile files, keys, peers and words, canaries, two at once; under a minute.
TRUST = tests/hostile $(addprefix tests/inventory/test_,files.py stock.py names.py fuzz.py formats.py vault.py secrets.py) \
  tests/test_locks.py tests/test_supply_chain.py tests/provision/test_two_at_once.py tests/windows/test_nonsense.py \
  $(addprefix tests/cli/test_,under_way.py streams.py full_disk.py day.py trust.py canaries.py) tests/probe/test_confine.py \
  $(addprefix tests/transport/test_,bond.py hostkeys.py)
trust: setup
	@.venv/bin/python -m pytest -q -n 3 --dist worksteal $(TRUST)

durations: setup
	$(NETNS) $(PYTEST) --junitxml .pytest_cache/report.xml
	@.venv/bin/python -m tests.budget .pytest_cache/report.xml

# The documentation as a site (mkdocs.yml), with what makes it in an environment of its own.
docs:
	@[ -x .docs/bin/mkdocs ] || { python3 -m venv .docs && .docs/bin/pip install --quiet --require-hashes -r requirements-docs.lock; }
	@.docs/bin/mkdocs build --quiet && echo build/site/guide/first-visit.ja.html

lint: setup
	@.venv/bin/ruff check --output-format concise .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy

# Generated sites in labs of their own (tests/lab/sites): make sites N=200 SEED=1 ON="work pcs"
N ?= 20
SEED ?= 1
JOBS ?= 2
sites: setup
	@.venv/bin/python -m tests.lab.sites --seeds $(SEED)..$$(($(SEED) + $(N) - 1)) --jobs $(JOBS) $(addprefix --on ,$(ON))

# Routers as somebody left them, each plan judged at every line (tests/platforms/yamaha/starts): make starts N=5000 SEED=1
# make starts N=40 PACKETS=1 asks the lab's router with packets after every line (root).
starts: setup
	@.venv/bin/python -m tests.platforms.yamaha.starts --n $(N) --seed $(SEED) --jobs $(JOBS) $(if $(PACKETS),--packets)

# A file changed in one place after another, against the tests that mirror it (tests/mutants): prints what none notices.
# make mutants FILE=onshi_net/platforms/yamaha/order.py [TESTS="tests/…"] [LINES=10-25] [N=50 SEED=1]
mutants: setup
	@.venv/bin/python -m tests.mutants $(FILE) --jobs $(JOBS) --seed $(SEED) $(if $(filter command line,$(origin N)),--n $(N)) \
	  $(addprefix --lines ,$(LINES)) $(if $(TESTS),--tests $(TESTS))

# Failures in the changes of PCs as somebody left them, an act each (tests/windows/undo): make undo N=300 SEED=1 [ACTS=3]
undo: setup
	@PYTHONPATH=lab .venv/bin/python -m tests.windows.undo.trial --n $(N) --seed $(SEED) $(addprefix --acts ,$(ACTS))

# The lab's tests of PCs with a real PowerShell engine in every PC (docs/lab-powershell.md), where there is one; FILES names some.
powershell: setup
	$(NETNS) .venv/bin/python -m tests.lab.windows.hosted $(FILES)

# The mock PC's PowerShell beside a real engine on generated scripts (tests/lab/windows): make conformance N=2000 SEED=1
conformance: setup
	@.venv/bin/python -m tests.lab.windows.engine --n $(N) --seed $(SEED)

# The demo on a fresh Debian in build/, with its daemons and its Python.
lab-debian12 lab-debian13: lab-debian%:
	@scripts/fresh-debian $*

lock wheel sbom audit ranges: setup
	@scripts/$@

# Ratios alone: axe.py and fax.py read pages, images.py and visit.py make what docs/ shows; each is run by itself.
bench: setup
	@for file in $(filter-out $(addprefix benchmarks/,axe.py fax.py images.py visit.py),$(wildcard benchmarks/*.py)); do .venv/bin/python "$$file"; done

# Everything that the README promises somebody new, on a fresh Debian 12 with a container engine of its own, timed.
acceptance:
	@scripts/fresh-debian 12 scripts/acceptance
