# Everything a developer does, as targets. Only Python 3.11 or later and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{ printf "  make %-18s %s\n", $$1, $$2 }'

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=python3.x")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cli,codegen]' --group dev
	@touch $@

.PHONY: run
run: $(STAMP) ## regenerate from the schema, import, judge a captured C-MOVE conversation
	@$(BIN)/python tests/demo.py

.PHONY: test
test: $(STAMP) ## run the tests
	@$(BIN)/python -m pytest -q -n auto --ignore tests/interop --ignore tests/browser --ignore tests/release

.PHONY: interop
interop: $(STAMP) ## talk to DCMTK, Orthanc, dcmjs-dimse and tshark, those that are installed
	@$(BIN)/python -m pytest -q -n auto tests/interop

.PHONY: browser
browser: $(STAMP) ## the report page in Chromium: keys, filters, hostile names, 10 000 messages; build/screenshots
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group browser
	@$(BIN)/python -m pytest -q -n auto tests/browser

.PHONY: generate
generate: $(STAMP) ## compile the schema to src/dimse/services and src/dimse/profiles
	@$(BIN)/dimse-codegen generate

.PHONY: check-generated
check-generated: $(STAMP) ## say whether code, vectors and pages are what the schema compiles to
	@$(BIN)/dimse-codegen check --diff
	@$(BIN)/dimse-codegen vectors --check

.PHONY: vectors
vectors: $(STAMP) ## make the test vectors and the pages of the rules from the schema
	@$(BIN)/dimse-codegen vectors

.PHONY: docs
docs: $(STAMP) ## the site, in build/docs/html: every warning is an error, every example of the reference runs
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group docs
	@$(BIN)/dimse-codegen generate --target myst --package dimse --out docs/reference >/dev/null
	@$(BIN)/python -m sphinx -q -W --keep-going -j auto -d build/docs/doctrees docs build/docs/html
	@$(BIN)/python -m sphinx -q -W --keep-going -b doctest -d build/docs/doctrees docs build/docs/doctest
	@$(BIN)/python -m pytest -q -p no:xdist tests/built_site.py
	@echo "$$(find build/docs/html -name '*.html' | wc -l) pages in build/docs/html"

.PHONY: lint
lint: $(STAMP) ## laws of the schema, ruff
	@$(BIN)/dimse-codegen lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: $(STAMP) ## mypy strict and pyright
	@$(BIN)/mypy
	@$(BIN)/pyright

.PHONY: check
check: check-generated lint types test ## everything CI runs

.PHONY: breaking
breaking: $(STAMP) ## what changed in the schema since the last release, and whom it breaks
	@against=$$(.ci/last-release) && $(BIN)/dimse-codegen breaking --against "$$against"

.PHONY: bench
bench: $(STAMP) ## figures beside pynetdicom, pydicom and, where they are installed, DCMTK (libdcmtk-dev) and tshark
	@$(BIN)/python -m pytest -q -p no:xdist -p no:cacheprovider $(wildcard tests/bench/bench_*.py)
	@$(BIN)/python -m tests.bench.report

.PHONY: peers
peers: $(STAMP) ## pynetdicom's own tests with our codec in it and without; PEERS="test_dimse_c.py" for some of them
	@$(BIN)/python -m tests.peers.run_pynetdicom_tests $(PEERS)

.PHONY: fuzz
fuzz: SECONDS ?= 60
fuzz: $(STAMP) ## atheris on decoding, round trips, fragments and captures, SECONDS each
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group fuzz
	@cd tests && ../$(BIN)/python -m fuzz --seconds $(SECONDS)

.PHONY: coverage
coverage: export COVERAGE_FILE := $(CURDIR)/build/coverage/data
coverage: $(STAMP) ## the tests again, measured: every branch of src/dimse has to be taken
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group coverage
	@rm -rf build/coverage && mkdir -p build/coverage
	@$(BIN)/python -m coverage run -m pytest -q -n auto --ignore tests/browser --ignore tests/release
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

.PHONY: mutants
mutants: MODULE ?=
mutants: $(STAMP) ## change the codec in one place at a time, MODULE= alone or all: a test has to fail
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group mutants
	@cd tests && ../$(BIN)/python -m mutants $(MODULE)

.PHONY: dist
dist: $(STAMP) ## build sdist and wheel in dist, of the version that the git tag names, and look into them
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group release
	@rm -rf dist
	@$(BIN)/python -m build --outdir dist .
	@$(BIN)/python -m twine check --strict dist/*
	@$(BIN)/check-wheel-contents dist/*.whl

.PHONY: installs
installs: dist ## install the wheel with each extra alone, in every Python that is here, and work with it
	@$(BIN)/python -m pytest -q -n auto tests/release

.PHONY: clean
clean: ## remove the environment and caches
	rm -rf $(VENV) build dist docs/reference docs/project .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
