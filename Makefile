# `make demo` and `make test` do all their own set-up in .venv; `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help cycles demo test test-slow check kernels format clean

help:
	@echo "make demo       set up, run the worlds, write a page and name it"
	@echo "make test       set up and run the tests (under 15 minutes on 2 cores)"
	@echo "make test-slow  the long tests in full"
	@echo "make cycles     fetch Blender's renderer, once (demo and test do it too)"
	@echo "make check      format, lint, types, imports"
	@echo "make kernels    kernel tests with the JIT off, then with bounds checks"
	@echo "make format     put the sources into shape"

$(READY): pyproject.toml constraints.txt
	@echo "== setting up .venv (a few minutes the first time)"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $(READY)

# Blender's renderer, once, in the user's cache; where it can't be had, it says why and the rest goes on without it.
cycles: $(READY)
	@$(BIN)/umwelt setup cycles || echo "== going on without Cycles: no scenes are rendered"

demo: cycles
	$(BIN)/umwelt demo

test: cycles
	$(BIN)/python -m pytest -m "not slow"

test-slow: cycles
	$(BIN)/python -m pytest -m slow

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

kernels: $(READY)
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -m kernels
	cache=$$(mktemp -d) && NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$$cache $(BIN)/python -m pytest -m kernels; \
	status=$$?; rm -rf "$$cache"; exit $$status

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv build dist *.egg-info
