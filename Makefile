# On a fresh machine with only Python (3.10 or newer): `make demo` maps the sample, `make test` runs every test.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := demo

.PHONY: demo test check sample plugin test-qgis clean

demo: $(VENV)/.installed
	@mkdir -p $(DEMO)
	$(BIN)/glnet-geo classify sample_data/scene.tif --out $(DEMO)/landcover.gpkg --out $(DEMO)/landcover.tif \
		--confidence $(DEMO)/confidence.tif --overwrite
	@echo
	@echo "The map is here: $(abspath $(DEMO))/landcover.gpkg (polygons) and landcover.tif (raster)."
	@echo "Drag both into QGIS."

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest

check: $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

sample: $(VENV)/.installed
	$(BIN)/python sample_data/make_sample.py

plugin:
	$(PYTHON) tools/qgis_plugin.py dist

test-qgis: $(VENV)/.installed
	.ci/qgis

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) build dist *.egg-info
