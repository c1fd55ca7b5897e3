# make demo   set up .venv and check a real sheet
# make sheets solution sheets of examples/coursework, as HTML and PDF in build/sheets
# make test   set up .venv where it is missing and run the tests

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo sheets test check bench clean

demo: $(STAMP)
	@$(BIN)/gradproof check examples/gru.md || test $$? -eq 1

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadgroup

SHEETS := $(basename $(notdir $(wildcard examples/coursework/*.md)))

sheets: $(SHEETS:%=build/sheets/%.html) $(SHEETS:%=build/sheets/%.pdf)

build/sheets/%: $(STAMP)
	@mkdir -p build/sheets
	$(BIN)/gradproof solve examples/coursework/$(basename $*).md -o $@

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy derivations gradproof numeric

bench: $(STAMP)
	$(BIN)/python benchmarks/derive_gru.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/solve.py
	$(BIN)/python benchmarks/report.py

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $(STAMP)

clean:
	rm -rf $(VENV) build dist
