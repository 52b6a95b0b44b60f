# Every command of the project: `make run`, `make test`, `make check`, `make browser`,
# `make test-litellm`, `make screenshots`, `make bench`, `make bench-checks`,
# `make bench-selection`, `make bench-lists`, `make bench-clients`, `make bench-resolve`,
# `make clean`. Python 3.11 with its venv module is all that must be there.
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
.PHONY: run test check browser test-litellm screenshots bench bench-checks bench-selection bench-lists bench-clients bench-resolve clean python
.DEFAULT_GOAL := run

run: export REGISTRY_PUBLIC_LISTS ?= 1
run: export REGISTRY_SANDBOX_PORT ?= 8100
run: export REGISTRY_PRIVATE_HOSTS ?= 127.0.0.1:$(REGISTRY_SANDBOX_PORT)
run: .venv/.run
	@$(V)/python manage.py bootstrap --sandbox
	@echo "REGISTRY_PUBLIC_LISTS=$$REGISTRY_PUBLIC_LISTS for this run on this machine; the service's own default is 0."
	@echo "REGISTRY_PRIVATE_HOSTS=$$REGISTRY_PRIVATE_HOSTS for this run; the service itself calls no private address."
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
	$(V)/python -m pytest -q tests/browser -n 2 --dist loadgroup -m "not timed" $(ARGS)
	$(V)/python -m pytest -q tests/browser -m timed $(ARGS) || [ $$? -eq 5 ]  # 5: none chosen

.PHONY: chromium
chromium:
	@echo "Installing Chromium and fonts for the browser tests."
	@root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	$$root apt-get update -q && \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
		chromium fonts-dejavu-core fonts-noto-color-emoji

# Connection tests through a published LiteLLM proxy, which has an environment of its own.
test-litellm: .venv/.dev .venv-litellm/.done
	LITELLM_BIN="$(CURDIR)/.venv-litellm/bin/litellm" $(V)/python -m pytest -q -m litellm tests/litellm $(ARGS)

# The pictures under docs/images, from the example catalogue of tests/browser/examples.py.
screenshots: .venv/.dev
	@command -v chromium >/dev/null || $(MAKE) chromium
	$(V)/python -m pytest -q tests/browser/screenshots.py

bench: .venv/.dev
	$(V)/python -m benchmarks $(ARGS)

bench-checks: .venv/.dev
	$(V)/python -m benchmarks.checks $(ARGS)

bench-selection: .venv/.dev
	$(V)/python -m benchmarks.selection $(ARGS)

bench-lists: .venv/.dev
	$(V)/python -m benchmarks.lists $(ARGS)

bench-clients: .venv/.dev
	$(V)/python -m benchmarks.clients $(ARGS)

bench-resolve: .venv/.dev
	$(V)/python -m benchmarks.resolve $(ARGS)

clean:
	rm -rf .venv .venv-litellm .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@[ -n "$(PYTHON)" ] && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "error: Python 3.11 is needed (Debian 12: apt-get install python3.11), or PYTHON=/path/to/it." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "error: Python's venv module is missing (Debian 12: apt-get install python3.11-venv)." >&2; exit 1; }

.venv/.run: requirements.txt requirements-boot.txt | python
	@$(call install,.venv,requirements.txt)
	@touch $@

.venv/.dev: requirements-dev.txt requirements.txt requirements-boot.txt | python
	@$(call install,.venv,requirements-dev.txt)
	@touch $@ .venv/.run

.venv-litellm/.done: requirements-litellm.txt requirements-boot.txt | python
	@$(call install,.venv-litellm,requirements-litellm.txt)
	@touch $@

# $(1) is a virtual environment, $(2) its file of hash-pinned requirements; what that does not
# name is removed (not with PIP=1).
define install
[ -x $(1)/bin/python ] || "$(PYTHON)" -m venv $(1); \
if [ -n "$(PIP)" ]; then \
	$(1)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $(2); \
else \
	$(1)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-boot.txt && \
	{ $(1)/bin/uv pip sync -q --require-hashes --python $(1)/bin/python $(2) requirements-boot.txt || \
	{ echo "error: uv could not install. If your mirror is named only in pip.conf, run: make PIP=1 ..." >&2; exit 1; }; }; \
fi
endef
