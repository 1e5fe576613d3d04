# Every target sets up what it needs: .venv is made from the hash-pinned requirements-dev.lock.
# COVERAGE=1 has `check` and `test` measure what the tests reach of the rooms without network.
# JOBS=n runs the tests in so many processes, each with a broker of its own.
# PYTHON=/path/to/python3.12 picks another Python than the first one found.

CANDIDATES = $(or $(PYTHON),python3 python3.13 python3.12 python3.11)
BIN = .venv/bin
PYTEST = $(BIN)/$(if $(COVERAGE),coverage run -m )pytest --numprocesses $(or $(JOBS),2) \
	--dist loadfile --no-loadscope-reorder
REPORT_COVERAGE = $(if $(COVERAGE),$(BIN)/coverage combine --quiet && $(BIN)/coverage report)
UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

.PHONY: help demo test check static fuzz bench .unit test-compose torture kafka-up kafka-down lock build clean
.DEFAULT_GOAL := help

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

demo: .venv/installed  ## the whole pipeline on this machine: no Kafka, no account
	@$(BIN)/kameleoon-pipeline demo

test: .venv/installed  ## all tests, on Apache Kafka where it can be had
	@$(BIN)/python -m tests.support.kafka prepare
	@$(PYTEST) -m 'not compose and not minutes' $(PYTEST_OPTIONS)
	@$(REPORT_COVERAGE)

check: .venv/installed  ## format, lint, types, imports, unit and property tests: under a minute
	@$(MAKE) --no-print-directory --jobs=2 --output-sync static .unit

static: .venv/installed  ## format, lint, types, imports
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.unit:
	@$(PYTEST) -q -m 'not broker and not browser and not packaging and not compose' $(PYTEST_OPTIONS)
	@$(REPORT_COVERAGE)

bench: .venv/installed  ## the pipeline beside its peers, ROUNDS=3 EVENTS=200000; ONLY=pipeline,redpanda or ONLY=tls
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(EVENTS),--events $(EVENTS))

fuzz: .venv/installed  ## RECORDS=n hostile records (SEED=s) through the core and the whole engine
	@$(BIN)/python -m tests.fuzz --records $(or $(RECORDS),100000) --seed $(or $(SEED),1)

test-compose: .venv/installed  ## docker-compose.yml for real, then the broker tests through testcontainers
	@tests/compose/run

torture: .venv/installed  ## kills and faults for MINUTES=2 (or KILLS=200; NODES=3; ARRAY=10; SEED=n), then the accounts
	@$(BIN)/python -m tests.torture $(if $(KILLS),--kills $(KILLS),$(if $(SCHEDULE),--schedule $(SCHEDULE),\
		--minutes $(or $(MINUTES),2))) $(if $(SEED),--seed $(SEED)) $(if $(NODES),--nodes $(NODES)) \
		$(if $(RATE),--rate $(RATE)) $(if $(ARRAY),--array $(ARRAY))

kafka-up: .venv/installed  ## start Apache Kafka on 127.0.0.1:9092 (KAFKA_PORT) for development
	@$(BIN)/python -m tests.support.kafka up

kafka-down: .venv/installed  ## end it and forget its records
	@$(BIN)/python -m tests.support.kafka down

lock: .venv/installed  ## bring the lock files in line with pyproject.toml (UPGRADE=1: to the newest versions)
	@$(UV_COMPILE) --extra demo --extra tracing pyproject.toml -o requirements.lock
	@$(UV_COMPILE) --extra demo --extra tracing pyproject.toml --group test --group lint --group build --group lock \
		-c requirements.lock -o requirements-dev.lock
	@$(UV_COMPILE) --group build -c requirements-dev.lock -o requirements-build.lock

build: .venv/installed  ## wheel and source distribution into dist/
	@rm -rf dist
	@$(BIN)/python -m build -qq --no-isolation --outdir dist .
	@ls dist

clean:  ## remove all that was made here
	@[ ! -e .cache/kafka/pid ] || $(MAKE) --no-print-directory kafka-down
	@rm -rf .venv dist build .cache .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache *.egg-info
	@find pipeline topics tests -name __pycache__ -prune -exec rm -rf {} +

.venv/installed: .venv/ready pyproject.toml
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/ready: requirements-dev.lock
	@for python in $(CANDIDATES); do \
		"$$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && break; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'Python 3.11 or newer with venv is needed; looked for: $(CANDIDATES).' >&2; \
		echo 'Install one (Debian: apt-get install python3 python3-venv) or name it: make PYTHON=...' >&2; \
		exit 1; \
	fi; \
	echo "Setting up .venv with $$("$$python" --version) ..." && \
	"$$python" -m venv --clear .venv && \
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements-dev.lock && \
	touch $@
