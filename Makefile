# Every target sets up what it needs in .venv; only Python >= 3.11, git and make are asked of the machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := baselines,sweep,files,recordings,trajectories,molecules,ephemeris,operators,export,notebooks,dev
STAMP := $(VENV)/.installed

export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help

.PHONY: help
help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python >= 3.11 is needed; name it with 'make PYTHON=python3.11 ...'"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@

.PHONY: install
install: $(STAMP)  ## Set up .venv with the tested versions

DEMO_OF_DIGITS := persistence,training_mean,context_parroting,dmd,koopman_nested_low_rank
DEMO_OF_LORENZ := persistence,context_parroting,next_generation_reservoir,koopman_polynomials,equation_discovery

.PHONY: demo
demo: $(STAMP)  ## Compare methods on real handwritten digits and on the Lorenz system (about three minutes), as one page
	$(BIN)/python benchmark.py --multirun task=ordered_digits_forecast method=$(DEMO_OF_DIGITS) seed=0,1
	$(BIN)/python benchmark.py --multirun task=lorenz63_forecast method=$(DEMO_OF_LORENZ)
	$(BIN)/sciml-bench report outputs/benchmark
	$(BIN)/sciml-bench report outputs/benchmark --html outputs/benchmark/page.html

# One thread for each of the two workers: the linear algebra of numpy and scipy would start one for every core in each.
test test-slow: export OMP_NUM_THREADS := 1

.PHONY: test
test: $(STAMP)  ## Run the default test suite
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist worksteal --durations 25

.PHONY: test-slow
test-slow: $(STAMP)  ## Run the tests that take longer
	$(BIN)/python -m pytest -m slow

.PHONY: lint
lint: $(STAMP)  ## Check style, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

.PHONY: bench
bench: $(STAMP)  ## Measure speed and memory beside the references, as ratios
	$(BIN)/python -m benchmarks

DOCS_STAMP := $(VENV)/.installed-docs

$(DOCS_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	@touch $@

.PHONY: docs
docs: export NO_MKDOCS_2_WARNING := 1
docs: $(DOCS_STAMP)  ## Build the documentation into site/, where it can be read and searched without a server
	$(BIN)/mkdocs build --strict  # not --quiet, which hides warnings from --strict as well
	@echo "open site/index.html"

.PHONY: notebooks
notebooks: $(STAMP)  ## Execute the notebooks
	$(BIN)/python -m pytest tests/test_notebooks.py

.PHONY: clean
clean:  ## Remove the environment, caches and outputs
	rm -rf $(VENV) outputs multirun build dist site .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
