# The two commands of the README are `make demo` and `make test`; `make help` lists all.

PYTHON ?= python3
BUILD := build
VENV := $(BUILD)/venv
PY := $(VENV)/bin/python
DEMO := $(BUILD)/demo-venv
ARGS ?=
RUNS ?= 10000000

.PHONY: help demo test lint conformance conformance-oldest follow third-party build bench \
    sanitized leaks fuzz format clean dist adoption docs docs-outputs

help:
	@echo "make demo         build, install and run the main job on SQLite"
	@echo "make test         install what the tests need and run every test (ARGS=...)"
	@echo "make lint         ruff, mypy --strict, clang-format, layering"
	@echo "make conformance  upstream's own tests, on SQLite, PostgreSQL and MariaDB"
	@echo "                  (FILES='test_op test_batch' DB=sqlite|postgresql|mariadb;"
	@echo "                  SQLALCHEMY=2.0.58 PYTHON=python3.13: with those)"
	@echo "make conformance-oldest  the same with the oldest SQLAlchemy that we support"
	@echo "make follow       how far upstream's newest release is: names, options, templates,"
	@echo "                  and its tests on SQLite (ARGS='--version 1.20.1 --no-suite')"
	@echo "make third-party  others' tests and migrations, upstream's package and ours"
	@echo "                  (QUICK=1: the gate's part; NAMES='alembic_utils optuna')"
	@echo "make bench        compare with upstream; rewrites docs/performance.md"
	@echo "                  (ARGS='--print testkit': the test kit on its example project)"
	@echo "make sanitized    the Python tests with the extensions under ASan and UBSan"
	@echo "make leaks        LeakSanitizer over 200 snapshots of each kind"
	@echo "make fuzz         the C fuzzers, long (RUNS=$(RUNS))"
	@echo "make dist         sdists and wheels, checked and tried (PYTHONS='python3.12 ...')"
	@echo "make adoption     installers, with and without upstream, in both orders, and the"
	@echo "                  tutorial on each CPython; rewrites docs/adoption.md (QUICK=1: the"
	@echo "                  gate's part, with the wheels of make dist)"
	@echo "make docs         build the site, build/docs/index.html; warnings are errors,"
	@echo "                  and so is a link, or a way to an answer, that leads nowhere"
	@echo "make docs-outputs PAGES='docs/x.md ...'  write into pages what they print now"
	@echo "make format       format Python and C"

# --- the demonstration -------------------------------------------------------------

demo:
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet --upgrade pip
	$(DEMO)/bin/python -m pip install --quiet .
	PATH="$(CURDIR)/$(DEMO)/bin:$$PATH" sh tools/demo.sh $(BUILD)/demo

# --- development -------------------------------------------------------------------

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip setuptools
	$(PY) -m pip install --quiet --group lint --group test
	$(PY) -m pip install --quiet --editable .
	touch $@

build: $(VENV)/ready
	ALEMBIC_C_STRICT=1 $(PY) setup.py --quiet build_ext --inplace

test: build
	$(PYTHON) tools/install_system.py postgresql pgbouncer mariadb libpq sqlite3
	$(PY) -m tests.support.postgres $(PY) -m pytest -n 2 --dist worksteal $(ARGS)

lint: $(VENV)/ready
	$(PYTHON) tools/install_system.py clang-format
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(MAKE) -C csrc format-check
	$(PY) -m pytest -q -p no:cacheprovider tests/lint

format: $(VENV)/ready
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(MAKE) -C csrc format

# --- upstream as the yardstick -------------------------------------------------------

DB ?= sqlite postgresql mariadb
FILES ?=
# With another SQLAlchemy, and with PYTHON=... another Python, than build/venv has.
SQLALCHEMY ?=
ifeq ($(SQLALCHEMY),)
CONFORMANCE_PY := $(PY)
else
OTHER := $(BUILD)/conformance-$(SQLALCHEMY)-python$(shell $(PYTHON) -c \
    'import sys; print("%d.%d" % sys.version_info[:2])')
CONFORMANCE_PY := $(OTHER)/bin/python

$(OTHER)/ready: pyproject.toml
	$(PYTHON) -m venv $(OTHER)
	$(OTHER)/bin/python -m pip install --quiet --upgrade pip setuptools
	$(OTHER)/bin/python -m pip install --quiet --group test Mako \
	    "SQLAlchemy==$(SQLALCHEMY)"
	touch $@
endif

conformance: $(if $(SQLALCHEMY),$(OTHER)/ready,build)
	$(if $(filter-out sqlite,$(DB)),$(PYTHON) tools/install_system.py $(filter-out sqlite,$(DB)))
	$(if $(SQLALCHEMY),ALEMBIC_C_STRICT=1 $(CONFORMANCE_PY) setup.py --quiet build_ext --inplace)
	@for db in $(DB); do \
	    echo "== upstream's tests on $$db"; \
	    $(CONFORMANCE_PY) -m tests.conformance.run --db $$db $(FILES) || exit 1; \
	done

# The oldest SQLAlchemy that we support, on the Pythons that it supports.
conformance-oldest:
	@$(MAKE) conformance DB="sqlite postgresql" SQLALCHEMY="$$($(PYTHON) -c \
	    'import sys; print("2.0.0" if sys.version_info < (3, 12) else "2.0.31")')"

follow: build
	@$(PY) -m tools.follow $(ARGS)

NAMES ?=

third-party: build
	$(PYTHON) tools/install_system.py postgresql
	$(PY) -m tests.thirdparty.run $(if $(QUICK),--quick) $(NAMES)

bench: build
	$(PYTHON) tools/install_system.py postgresql
	$(PY) -m tests.support.postgres $(PY) -m benchmarks.run $(ARGS)

# --- artefacts ---------------------------------------------------------------------

DIST := $(BUILD)/dist-venv
PYTHONS ?=

$(DIST)/ready: pyproject.toml
	$(PYTHON) -m venv $(DIST)
	$(DIST)/bin/python -m pip install --quiet --upgrade pip
	$(DIST)/bin/python -m pip install --quiet --group dist
	touch $@

dist: $(DIST)/ready
	$(DIST)/bin/python tools/dist.py $(PYTHONS)

ADOPTION := $(BUILD)/adoption-venv

$(ADOPTION)/ready: pyproject.toml
	$(PYTHON) -m venv $(ADOPTION)
	$(ADOPTION)/bin/python -m pip install --quiet --upgrade pip
	$(ADOPTION)/bin/python -m pip install --quiet --group adoption
	touch $@

adoption: $(ADOPTION)/ready
	PATH="$(CURDIR)/$(ADOPTION)/bin:$$PATH" $(ADOPTION)/bin/python -m tools.adoption \
	    $(if $(QUICK),--quick --wheels dist,--write docs/adoption.md) $(ARGS)

# --- the site ----------------------------------------------------------------------

$(BUILD)/docs-ready: pyproject.toml $(VENV)/ready
	$(PY) -m pip install --quiet --group docs
	touch $@

# The blocks of its pages are run by `make test` (tests/docs).
docs: build $(BUILD)/docs-ready
	$(PY) -m sphinx -q -W --keep-going -b html -d $(BUILD)/docs-doctrees docs $(BUILD)/docs
	$(PY) -m tests.docs.questions $(BUILD)/docs

PAGES ?=

docs-outputs: build
	$(PY) -m tests.support.postgres $(PY) -m tests.docs.write $(PAGES)

# --- memory ------------------------------------------------------------------------

sanitized: build
	$(PYTHON) tools/install_system.py postgresql
	$(PY) -m tests.support.postgres $(MAKE) -C csrc python-sanitize \
	    PYTHON="$(CURDIR)/$(PY)" PYTEST_ARGS="-n 2 $(or $(ARGS),tests/unit tests/differential tests/db)"

leaks: build
	$(PYTHON) tools/install_system.py postgresql
	$(PY) -m tests.support.postgres $(MAKE) -C csrc python-leaks \
	    PYTHON="$(CURDIR)/$(PY)"

fuzz:
	$(PYTHON) tools/install_system.py clang sanitizers
	$(MAKE) -C csrc fuzz RUNS=$(RUNS)

clean:
	rm -rf $(BUILD) csrc/build alembic_c/*.so *.egg-info
