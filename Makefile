# Thin on purpose: scripts/setup.py does the set-up, `blackbox` does the rest.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test check bench bench-same lock clean

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
	@$(BIN)/python -m pytest -n 2

bench: setup
	@$(BIN)/python benchmarks/run.py

bench-same: setup
	@$(BIN)/python benchmarks/run.py bench_

lock:
	@$(BIN)/python scripts/lock.py

clean:
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage* .setup.*
