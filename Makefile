# Every command of the project: `make run`, `make test`, `make check`, `make browser`,
# `make screenshots`, `make bench`, `make clean`. Python 3.11 with its venv module is all that
# must be there.
#
# Packages are installed by uv, which reads its own settings (UV_*) and the system's
# certificates. A mirror that is named only in pip.conf is found with `make PIP=1 ...`.

export UV_SYSTEM_CERTS ?= 1
PYTHON ?= $(shell command -v python3.11 || command -v python3)
V := .venv/bin
PIP ?=
ARGS ?=
TEST_SETTINGS := DJANGO_SETTINGS_MODULE=config.settings.test

.DELETE_ON_ERROR:
.PHONY: run test check browser screenshots bench clean python
.DEFAULT_GOAL := run

run: export REGISTRY_PUBLIC_LISTS ?= 1
run: .venv/.run
	@$(V)/python manage.py bootstrap
	@echo "REGISTRY_PUBLIC_LISTS=$$REGISTRY_PUBLIC_LISTS for this run on this machine; the service's own default is 0."
	@exec $(V)/python manage.py dev

test: .venv/.dev
	$(V)/python -m tests.both_databases $(ARGS)

check: .venv/.dev
	$(V)/ruff format --check .
	$(V)/ruff check .
	$(V)/mypy
	$(V)/lint-imports
	$(TEST_SETTINGS) $(V)/python manage.py makemigrations --check --dry-run
	$(MAKE) test

browser: .venv/.dev
	@command -v chromium >/dev/null || $(MAKE) chromium
	$(V)/python -m pytest -q -m browser $(ARGS)

.PHONY: chromium
chromium:
	@echo "Installing Chromium and fonts for the browser tests."
	@root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	$$root apt-get update -q && \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
		chromium fonts-dejavu-core fonts-noto-color-emoji

# The pictures under docs/images, from the example catalogue of tests/browser/examples.py.
screenshots: .venv/.dev
	@command -v chromium >/dev/null || $(MAKE) chromium
	$(V)/python -m pytest -q tests/browser/screenshots.py

bench: .venv/.dev
	$(V)/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@[ -n "$(PYTHON)" ] && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "error: Python 3.11 is needed (Debian 12: apt-get install python3.11), or PYTHON=/path/to/it." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "error: Python's venv module is missing (Debian 12: apt-get install python3.11-venv)." >&2; exit 1; }

.venv/.run: requirements.txt requirements-boot.txt | python
	@$(call install,requirements.txt)
	@touch $@

.venv/.dev: requirements-dev.txt requirements.txt requirements-boot.txt | python
	@$(call install,requirements-dev.txt)
	@touch $@ .venv/.run

# $(1) is a file of hash-pinned requirements; what it does not name is removed (not with PIP=1).
define install
[ -x $(V)/python ] || "$(PYTHON)" -m venv .venv; \
if [ -n "$(PIP)" ]; then \
	$(V)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1); \
else \
	$(V)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-boot.txt && \
	{ $(V)/uv pip sync -q --require-hashes --python $(V)/python $(1) requirements-boot.txt || \
	{ echo "error: uv could not install. If your mirror is named only in pip.conf, run: make PIP=1 ..." >&2; exit 1; }; }; \
fi
endef
