# Two commands for a start: `make run` and `make test`. Needs Python 3.11 with pip 22.3 or newer, git and make.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# Some machines forbid it: then each process would compile all libraries anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PORT ?= 8000
N ?= 100000

# A stamp carries the checksum of what it stands for: a changed lock, whatever its date, means a new install.
sum = $(shell cat $(1) | cksum | cut -d' ' -f1)
RUN_STAMP := .venv/.run-$(call sum,requirements/run.txt)
DEV_STAMP := .venv/.dev-$(call sum,requirements/dev.txt)
BENCH_STAMP := .venv/.bench-$(call sum,requirements/bench.txt)
APP_STAMP := .venv/.app-$(call sum,pyproject.toml)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard backoffice/translations/*/LC_MESSAGES/messages.po))

INSTALL = "$$(sh scripts/find-python)" -m pip --disable-pip-version-check --python $(BIN)/python install --quiet --no-input
LOCKED = --no-compile --no-deps --require-hashes --only-binary :all:

.PHONY: help setup setup-dev run test check bench demo-load pictures lock reset

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-10s %s\n", $$1, $$2 }'

setup: $(RUN_STAMP) $(APP_STAMP) $(CATALOGUES) ## make the environment that the application runs in

setup-dev: $(RUN_STAMP) $(DEV_STAMP) $(APP_STAMP) $(CATALOGUES)

run: setup ## start everything with demo data; PORT=8000
	@PORT=$(PORT) exec $(BIN)/python -m backoffice.supervisor

test: setup-dev ## run all tests, on SQLite and PostgreSQL, in a browser where there is one
	@$(BIN)/python scripts/say_browser.py
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: setup-dev ## look for what the tools find: form, types, imports, templates, secrets, translations
	@$(BIN)/python scripts/check.py

bench: setup-dev $(BENCH_STAMP) ## measure; never part of the tests
	@$(BIN)/python -m bench $(ARGS)

demo-load: setup ## fill a database with N=100000 requests to see how it behaves
	@$(BIN)/python -m bench.load --requests $(N)

pictures: setup-dev ## take the pictures of the guides and of the documents anew
	@$(BIN)/python scripts/invoice_pictures.py
	@$(BIN)/python scripts/pictures.py

lock: .venv/tools/bin/uv ## write requirements/*.txt anew from *.in
	@known="--no-emit-package docopt"; for name in run dev bench; do \
	  .venv/tools/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	    --python-version 3.11 --no-header $$known requirements/$$name.in -o requirements/$$name.txt; \
	  known="$$known $$(sed -n 's/^\([^ =]*\)==.*/--no-emit-package \1/p' requirements/$$name.txt | tr '\n' ' ')"; \
	done

reset: ## throw the demo installation away: databases, documents, caught mail
	@find instance -mindepth 1 -maxdepth 1 ! -name .gitignore -exec rm -rf {} +

$(BIN)/python:
	@python=$$(sh scripts/find-python) && "$$python" -m venv --without-pip --clear .venv

# Each list holds what the one before it does not: run and dev can be installed side by side (make -j2 setup-dev).
$(RUN_STAMP): | $(BIN)/python
	@echo "Installing what the application needs (once, about half a minute) ..."
	@$(INSTALL) $(LOCKED) -r requirements/run.txt
	@rm -f .venv/.run-* && touch $@

$(DEV_STAMP): | $(BIN)/python
	@echo "Installing what checks and tests need ..."
	@$(INSTALL) $(LOCKED) -r requirements/dev.txt
	@rm -f .venv/.dev-* && touch $@

$(BENCH_STAMP): $(DEV_STAMP)
	@echo "Installing what ours is measured against ..."
	@$(INSTALL) $(LOCKED) -r requirements/bench.txt
	@rm -f .venv/.bench-* && touch $@

$(APP_STAMP): $(RUN_STAMP)
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@rm -f .venv/.app-* && touch $@

%.mo: %.po $(RUN_STAMP)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

.venv/tools/bin/uv: | $(BIN)/python
	@python=$$(sh scripts/find-python) && "$$python" -m venv --without-pip .venv/tools \
	  && "$$python" -m pip --disable-pip-version-check --python .venv/tools/bin/python install --quiet uv
