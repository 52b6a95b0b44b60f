# One image for all that runs: web, worker, beat, and bootstrap before them (compose.yaml).
# --build-arg PIP_INDEX_URL=... names a mirror of the package index.

FROM python:3.11-slim-bookworm AS packages
ARG PIP_INDEX_URL
WORKDIR /app
COPY requirements.txt .
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --home-dir /data registry \
    && install --directory --owner registry --mode 0700 /data
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY . .
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
USER registry
EXPOSE 8000
CMD ["python", "manage.py", "web", "--bind", "0.0.0.0:8000"]
