# Each target sets up what it needs. Python 3.11 and make are all that must be there; packages come by hash.
# The demo and the real night keep their state in .acme/demo and .acme/real.

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .uv/bin/uv
BIN := .venv/bin
DATA ?= ../shared/data/real
export DATA
# Compiling all that Dagster imports takes each process five seconds where nothing may keep the result.
unexport PYTHONDONTWRITEBYTECODE

CHECKS := check-types check-style check-layers check-models check-definitions check-clients
.PHONY: $(CHECKS) help setup setup-sshd setup-browser demo night dev stop test emulator check bench-gate bench-night bench-backfill bench-ticks bench-sla bench-board bench-alerts bench-ingest fuzz trial-sla soak chaos format lock pictures clean

help:
	@echo "make demo              one made-up night, watched from delivery to dashboards (KEEP=1 leaves it running)"
	@echo "make night DATA=DIR    the same with the real data set"
	@echo "make dev               the stack with the demo's clients; make stop ends it"
	@echo "make check test emulator   what CI runs"
	@echo "make bench-gate        seconds from a sign-off to rows in the client's view, idle and under load"
	@echo "make bench-night       180 clients' night, what it costs and whether all ends well (CLIENTS=20: a short form)"
	@echo "make bench-backfill    a busy night with and without three days of one client's files in its midst"
	@echo "make bench-ticks       what a tick of each sensor costs at 180, 540 and 1,800 clients"
	@echo "make bench-sla         the forecast of 180 clients' night on one core: seconds and memory, with a year of history"
	@echo "make bench-alerts      a night of 12 faults at 180 clients: who is told of what and when, beside one alert per check"
	@echo "make bench-board       the board's pages with 180 clients and 400 nights of history, for 1 and for 20 viewers"
	@echo "make bench-ingest      what validating a claims file costs beside a raw scan, pandera and Great Expectations; small deliveries"
	@echo "make trial-sla         is P(miss) right? 60 simulated nights of 120 clients, ten minutes (CLIENTS, NIGHTS, SEED)"
	@echo "make fuzz              mutated files against an independent parser, ten minutes (MINUTES, SEED)"
	@echo "make soak              random nights for an hour or so, looking for a way around a gate (EXAMPLES=500)"
	@echo "make chaos             nights with random faults on the real stack: kills, outages, full disk (NIGHTS=30, SEED=7)"
	@echo "make setup | format | lock | pictures | clean"

setup: .venv/.ready

$(UV):
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet uv==$(UV_VERSION)

.venv/.ready: requirements.lock pyproject.toml | $(UV)
	test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv
	$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --no-deps --python $(BIN)/python --editable .
	touch $@

demo: setup
	$(BIN)/acme demo

night: setup
	$(BIN)/acme night

dev: setup
	ACME_HOME=.acme/dev ACME_CLIENTS=demo $(BIN)/acme stack up

stop: setup
	ACME_HOME=.acme/dev $(BIN)/acme stack down

test: setup setup-browser setup-sshd
	$(BIN)/pytest -n 2 --no-loadscope-reorder

# Debian's chromium drives tests/browser. Whoever is not root is told by the tests what to install.
setup-browser:
	@command -v chromium >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-liberation fonts-dejavu-core; }

# Debian's OpenSSH server: tests/landing starts one of its own on loopback and pulls from it.
setup-sshd:
	@command -v sshd >/dev/null || test -x /usr/sbin/sshd || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends openssh-server; }

.venv-emulator/.ready: tools/snowflake_emulator/requirements.txt | $(UV)
	test -x .venv-emulator/bin/python || $(UV) venv --quiet --python $(PYTHON) .venv-emulator
	$(UV) pip sync --quiet --require-hashes --python .venv-emulator/bin/python $<
	touch $@

# What a Snowflake emulator can tell: that our log-in, PUT, COPY INTO and plain DML are accepted.
emulator: .venv-emulator/.ready
	.venv-emulator/bin/python tools/snowflake_emulator/run.py

# Two at a time: most of each is one process that imports.
check: setup
	@$(MAKE) --no-print-directory --jobs=2 --output-sync $(CHECKS)

check-types:
	$(BIN)/mypy

check-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-layers:
	$(BIN)/lint-imports

check-models:
	$(BIN)/dbt --quiet parse --project-dir dbt_project --profiles-dir dbt_project

check-definitions: check-models
	mkdir -p .venv/dagster  # an instance of its own: dagster.yaml here wants the stack's PostgreSQL
	ACME_CLIENTS=demo DAGSTER_HOME=$(CURDIR)/.venv/dagster $(BIN)/dagster definitions validate -m acme_assets.definitions

check-clients: check-models
	$(BIN)/acme clients validate client_partitions/clients/demo
	$(BIN)/acme clients validate client_partitions/clients/real
	ACME_CLIENTS=demo $(BIN)/acme oncall check
	ACME_CLIENTS=real $(BIN)/acme oncall check

# From a sign-off to what the client sees; TRIALS=5 for a quick look.
bench-gate: setup
	$(BIN)/python tools/bench_gate.py

# See tools/bench_backfill/__init__.py.
bench-backfill: setup
	$(BIN)/python -m tools.bench_backfill

# A whole night, delivered in 15 minutes; CLIENTS=20 for a quick look. See tools/bench_night/__init__.py.
bench-night: setup
	$(BIN)/python -m tools.bench_night

bench-ticks: setup
	$(BIN)/python tools/bench_ticks.py

# CLIENTS, NIGHTS (of history) and SAMPLES for other sizes.
bench-sla: setup
	$(BIN)/python tools/bench_sla.py

# Compares with the table in it. CLIENTS=80 MINUTES=4 for a quick look, which is not compared.
bench-alerts: setup
	$(BIN)/python tools/bench_alerts.py

# CLIENTS, NIGHTS (of history) and SECONDS (a measurement) for a quick look. See tools/bench_board/__init__.py.
bench-board: setup
	$(BIN)/python -m tools.bench_board

.venv-bench-ingest/.ready: tools/bench_ingest/requirements.txt | $(UV)
	test -x .venv-bench-ingest/bin/python || $(UV) venv --quiet --python $(PYTHON) .venv-bench-ingest
	$(UV) pip sync --quiet --require-hashes --python .venv-bench-ingest/bin/python $<
	touch $@

# ROWS=300000 GB=0 SMALL=100 for a quick look. See tools/bench_ingest/__init__.py.
bench-ingest: setup .venv-bench-ingest/.ready
	$(BIN)/python -m tools.bench_ingest

# MINUTES (10) and SEED; what goes wrong is kept, with how to repeat it. See tools/fuzz_readers/__init__.py.
fuzz: setup
	$(BIN)/python -m tools.fuzz_readers

trial-sla: setup
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/trial_sla.py

# The state machine of a client night for longer, with a seed of its own, which it prints (ACME_SOAK_SEED repeats it).
soak: setup
	ACME_SOAK_EXAMPLES=$${EXAMPLES:-500} $(BIN)/pytest -s tests/warehouse/test_state_machine.py

# See tools/chaos/__init__.py; the seed is printed, and repeats the faults.
chaos: setup
	$(BIN)/python -m tools.chaos

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(UV)
	$(UV) pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url \
		--python-version 3.11 --custom-compile-command "make lock" --output-file requirements.lock

# The board's are made by its browser tests, those of Dagster and the shell from a running demo.
pictures: setup setup-browser
	ACME_PICTURES=1 $(BIN)/pytest tests/browser
	$(BIN)/acme demo --keep
	ACME_HOME=.acme/demo ACME_CLIENTS=demo $(BIN)/python tools/pictures.py http://127.0.0.1:$${ACME_UI_PORT:-3000}
	ACME_HOME=.acme/demo $(BIN)/acme stack down

clean:
	for home in .acme .acme/*/; do test ! -d $$home/run || ACME_HOME=$$home $(BIN)/acme stack down; done
	rm -rf .acme .venv .venv-emulator .venv-bench-ingest .uv dbt_project/target dbt_project/logs .mypy_cache .ruff_cache .pytest_cache .hypothesis
