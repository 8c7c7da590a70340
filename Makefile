# Thin on purpose: scripts/setup.py does the set-up, `blackbox` does the rest.
PYTHON ?= python3
BIN := .venv/bin
# Compiled modules are kept whatever the shell says: each test that starts a process would compile all of them again.
unexport PYTHONDONTWRITEBYTECODE
BENCH = $(BIN)/python benchmarks/run.py

.PHONY: setup demo test check test-servers coverage bench bench-same bench-related bench-drift bench-suites bench-zoo bench-report bench-faults zoo docs lock clean

setup:
	@$(PYTHON) scripts/setup.py

demo: setup
	@$(BIN)/blackbox demo

test: check

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "servers or not servers"

# Those of `test` that start a server of another project, apart.
test-servers: setup
	@$(BIN)/python -m pytest -m servers tests/servers

# Which lines the tests reach: 100 % is the aim for core, stats, signals, evidence and report/sections, 90 % elsewhere.
coverage: setup
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "servers or not servers" --cov=blackbox --cov-report=term

bench: setup
	@$(BENCH)

bench-same: setup
	@$(BENCH) bench_calibration bench_explanations bench_family bench_hamming bench_large bench_mixture bench_pairs bench_power bench_sequential

bench-related: setup
	@$(BENCH) bench_related bench_identify

bench-drift: setup
	@$(BENCH) bench_drift

bench-suites: setup
	@$(BENCH) bench_suites

bench-zoo: setup
	@$(BENCH) bench_zoo bench_doctor

bench-report: setup
	@$(BENCH) bench_report bench_figures

bench-faults: setup
	@$(BENCH) bench_faults bench_fuzz

# Trains every model anew; how long that takes: zoo/README.md.
zoo: setup
	@$(BIN)/python zoo/train.py
	@$(BIN)/python zoo/lineage.py

# What is generated from the code and checked against it by tests.
docs: setup
	@for script in scripts/make_*_docs.py; do $(BIN)/python $$script; done

lock:
	@$(BIN)/python scripts/lock.py

clean:
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage* .setup.*
