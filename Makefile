PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/installed

.PHONY: demo test lint bench docs neo4j neo4j-stop

demo: $(SETUP)
	$(BIN)/cartograph demo

test: $(SETUP)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadfile

lint: $(SETUP)
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

bench: $(SETUP)
	$(BIN)/python benchmarks/read.py
	$(BIN)/python benchmarks/load.py
	$(BIN)/python benchmarks/encode.py
	$(BIN)/python benchmarks/epochs.py
	$(BIN)/python benchmarks/ranking.py
	$(BIN)/python benchmarks/peers.py
	$(BIN)/cartograph demo --run runs/bench > benchmarks/results/demo.txt
	$(BIN)/python benchmarks/faithfulness.py runs/bench
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/robustness.py
	$(BIN)/python benchmarks/titles.py
	$(BIN)/python benchmarks/robustness.py --encoder runs/titles
	$(BIN)/python benchmarks/language.py
	$(BIN)/python benchmarks/categories.py
	$(BIN)/python benchmarks/sentiment.py
	$(BIN)/python benchmarks/tuning.py
	$(BIN)/python benchmarks/baskets.py
	$(BIN)/python benchmarks/questions.py
	$(BIN)/python benchmarks/rdf.py
	$(BIN)/python benchmarks/serve.py
	$(BIN)/python benchmarks/load_http.py --run runs/serve --seconds 600

docs: $(SETUP)
	$(BIN)/python -m tools.make_docs

neo4j: $(SETUP)
	$(BIN)/python tools/neo4j_server.py start

neo4j-stop: $(SETUP)
	$(BIN)/python tools/neo4j_server.py stop

$(SETUP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Cartograph needs Python 3.11 or later; set PYTHON=/path/to/it")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $@
