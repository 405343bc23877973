# make demo    the whole robot on sample tickets (ONCE=1: print the result and end; DEMO_PORT=0: any free port)
# make test    the test suite
# make check   style, types and the laws of the house
# make bench   speed and quality, as ratios
.PHONY: demo test check bench serve lock clean
PYTHON ?= python3
DEMO_PORT ?= 8321
PYTEST_FLAGS ?= -n auto --dist loadfile -q
export PYTHON

.venv/.ready: requirements/dev.lock pyproject.toml scripts/setup
	@scripts/setup

demo: .venv/.ready
	@.venv/bin/hercules demo --port $(DEMO_PORT) $(if $(ONCE),--once)

test: .venv/.ready
	@.venv/bin/python -m pytest $(PYTEST_FLAGS)

check: .venv/.ready
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/python -m pytest -q tests/test_house.py

bench: .venv/.ready
	.venv/bin/python -m tests.bench

serve: .venv/.ready
	@.venv/bin/hercules serve

# The locks hold hashes and no addresses, so any package index serves them.
UV = .venv-lock/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --exclude-newer "7 days"
lock:
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv
	$(UV) pyproject.toml -o requirements/runtime.lock
	$(UV) --extra dev pyproject.toml -o requirements/dev.lock
	$(UV) --python-version 3.11 requirements/published.in -o requirements/published.lock
	! grep -n '://\|index-url' requirements/*.lock

clean:
	rm -rf .venv .venv-lock build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
