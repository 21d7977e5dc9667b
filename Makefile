# `make` lists what there is. The virtual environment in .venv is made when it is first needed and
# brought up to date when a requirements file changes.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
READY := .venv/ready
export PORT

.DEFAULT_GOAL := help
.PHONY: help run dev test check bench demo reset clean format

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY)  ## Start the portal with its demo on http://localhost:8000 (PORT=… for another)
	@$(BIN)/python -m portal.serve

dev: $(READY)  ## The same, restarting when a file changes
	@$(BIN)/python -m portal.serve --reload

test: $(READY)  ## Run all tests (ARGS="-k renewal" to choose)
	@$(BIN)/python -m pytest $(ARGS)

demo: $(READY)  ## Fill the database with the demo, once
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py seed_demo

bench: $(READY)  ## Measure the large jobs
	@$(BIN)/python -m portal.bench $(ARGS)

format: $(READY)  ## Bring the code into shape
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

reset: $(READY)  ## Throw the demo's database and files away
	@$(BIN)/python -m portal.lib.embedded_postgres var/postgres
	@$(BIN)/python -m portal.lib.embedded_postgres var/test-postgres
	@rm -rf var

clean: reset  ## As reset, and remove what tools left behind, .venv included
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- Checks ---------------------------------------------------------------------------------------

# Production's settings, so that its own checks can be run anywhere; nothing is connected to.
PRODUCTION := PORTAL_MODE=production DEBUG=false \
  SECRET_KEY=only-for-the-check-long-and-varied-0123456789-abcdefghijklmnop \
  SITE_URL=https://partners.example.com ALLOWED_HOSTS=partners.example.com \
  DATABASE_URL=postgres://nobody@localhost/nothing CELERY_BROKER_URL=redis://localhost:6379/0 \
  CACHE_URL=rediscache://localhost:6379/1 \
  EMAIL_URL=smtp+tls://nobody:nothing@localhost:587 PAYMENT_GATEWAY=stripe \
  STRIPE_SECRET_KEY=sk_live_only_for_the_check STRIPE_WEBHOOK_SECRET=whsec_only_for_the_check

.PHONY: check lint types imports templates migrations deployment packages

check: lint imports templates migrations deployment packages types  ## Style, types, imports, templates, migrations, settings, packages
	@echo "All checks passed."

lint: $(READY)
	@echo "• style"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: make format"; exit 1; }

types: $(READY)
	@echo "• types"
	@DATABASE_URL=postgres://nobody@localhost/nothing $(BIN)/mypy

imports: $(READY)
	@echo "• which way imports run"
	@$(BIN)/lint-imports > .venv/imports.log 2>&1 || { cat .venv/imports.log; exit 1; }

templates: $(READY)
	@echo "• templates"
	@$(BIN)/djlint --lint --quiet templates

migrations: $(READY)
	@echo "• migrations"
	@DJANGO_SETTINGS_MODULE=portal.testing.settings \
	  $(BIN)/python manage.py makemigrations --check --dry-run

deployment: $(READY)
	@echo "• production settings"
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

packages: $(READY)
	@echo "• packages"
	@$(BIN)/python -m pip check > /dev/null || $(BIN)/python -m pip check
	@$(BIN)/python -m portal.testing.advisories requirements.txt

# --- The virtual environment ----------------------------------------------------------------------

$(READY): requirements.txt requirements-dev.txt
	@command -v $(PYTHON) > /dev/null || \
	  { echo "Python 3.11 or newer is needed and \`$(PYTHON)\` is not there: install it, or PYTHON=/path/to/python3 make …"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || \
	  { echo "Python 3.11 or newer is needed and \`$(PYTHON)\` is older: PYTHON=/path/to/python3.11 make …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
	  { echo "This Python cannot make virtual environments: apt-get install python3-venv"; exit 1; }
	@echo "Installing packages into .venv (a minute, once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements-dev.txt
	@touch $(READY)
