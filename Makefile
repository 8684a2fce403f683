# Needs python3 (3.11 or later, with pip and venv) and make; everything else is set up in .venv by the first target.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
# PyTorch and its CUDA packages are never needed; hard links break nltk, which llama-index-core imports.
export UV_LINK_MODE := copy
export UV_PYTHON_DOWNLOADS := never
# Many containers set this; every process would then compile the frameworks anew, and the tests start a hundred.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test compiled lint bench soak matrix mutation sbom audit site clean dist size

demo: $(VENV)/ready
	$(RUN)/python -m examples.demo.run $(ARGS)

# Three for two cores: tests of crashes, locks and processes wait for a third of their time. They compile nothing: each
# would compile both frameworks and all tests for itself, so one does it while the types are checked.
test: $(VENV)/ready
	$(MAKE) --no-print-directory --jobs 2 lint compiled
	$(RUN)/python -m pytest -n 3 --dist worksteal $(ARGS)

compiled: $(VENV)/ready
	$(RUN)/python -m pytest --collect-only -qq > $(VENV)/collected || { cat $(VENV)/collected; exit 1; }

lint: $(VENV)/ready
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

bench: $(VENV)/ready
	$(RUN)/python -m benchmarks $(ARGS)

soak: $(VENV)/ready
	$(RUN)/python -m pytest -m "soak or hypothesis" $(ARGS)

# Clean environments from the built wheel, with the lowest and the newest versions of both frameworks: 20 minutes.
matrix: $(VENV)/ready
	$(RUN)/python -m tests.matrix $(ARGS)

# What is published, into dist/: built, looked into, some of its tests run from its sources. A minute or two.
dist: $(VENV)/ready
	$(RUN)/python -m tests.matrix.distribution

# What an installation of each extra weighs; some minutes, most of them downloads.
size: $(VENV)/ready
	$(RUN)/python -m benchmarks.size

# How many small breaks the tests of a folder notice: some minutes each. ARGS="times window --count 50 --seed 1".
mutation: $(VENV)/ready .mutation/ready
	$(RUN)/python -m benchmarks.mutation --python .mutation/bin/python $(ARGS)

# What an installation with every extra brings, by name, version and hash (CycloneDX 1.5), out of the lock file.
sbom: $(VENV)/ready
	$(RUN)/uv export --quiet --frozen --no-dev --extra all --format cyclonedx1.5 --output-file sbom.json

# Known vulnerabilities of exactly that, and of what develops it; asks osv.dev, so it needs more than the registries.
audit: sbom
	$(RUN)/uv audit --frozen $(ARGS)

# The documentation in English and Chinese, into site/: strict links, nothing fetched while it is built or read. To look at
# it: python3 -m http.server --directory site (its search needs a server).
site: .site/ready
	.site/venv/bin/python -m docs.building

.site/ready: docs/building/requirements.txt
	$(PYTHON) -m venv .site/venv
	.site/venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

.mutation/ready: benchmarks/mutation/requirements.txt $(VENV)/ready
	$(PYTHON) -m venv .mutation
	$(RUN)/uv pip install --quiet --python .mutation/bin/python --requirements $<
	touch $@

$(VENV)/ready: pyproject.toml requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check uv
	$(RUN)/uv pip install --quiet --python $(RUN)/python --requirements requirements.txt
	$(RUN)/uv pip install --quiet --python $(RUN)/python --no-deps --editable .
	touch $@

clean:
	rm -rf $(VENV) .matrix .mutation .site site .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis sbom.json
