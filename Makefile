# Short words for what is done often; `make` alone lists them. The work itself is in tools/ and o2o/embedded/.

RUN := .venv/bin/python
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset up stop test check bench faults lock environment

help: ## List these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: environment ## Start everything with a demo chain in it, and say where to look
	@exec $(RUN) -m o2o.embedded up --seed

up: environment ## The same without the demo data
	@exec $(RUN) -m o2o.embedded up

stop: environment ## End what `make demo` or `make up` started in another window
	@$(RUN) -m o2o.embedded stop

demo-reset: environment ## Throw the local data away, after asking
	@$(RUN) -m o2o.embedded reset

test: environment ## Run the tests; ARGS="-k words" chooses some
	@$(RUN) -m tools.tests $(ARGS)

check: environment ## Format, lint, types, layers, templates, migrations, lock files, deployment settings
	@$(RUN) -m tools.check

bench: environment ## Measure what requests, events, webhooks, stock and orders cost here
	@$(RUN) -m tools.bench $(ARGS)

faults: environment ## Inject faults for a long time and look whether every promise holds
	@$(RUN) -m tools.tests --faults $(ARGS)

lock: environment ## Resolve the lock files in requirements/ anew
	@$(RUN) -m tools.lock

# Any Python 3.8 or newer may start it; it looks for one that O2O runs on.
environment:
	@for python in "$$O2O_PYTHON" python3 python3.11 python3.12 python3.13 python; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then \
	    exec "$$python" tools/environment.py; \
	  fi; \
	done; \
	echo "No Python 3 was found on the PATH. Install Python 3.11 (Debian: apt-get install python3 python3-venv)."; exit 1
