"""The services that tests use when they are there: `python -m tests.services` demands them."""

from __future__ import annotations

import os
import shutil
import sys

import psycopg
import redis

POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"
REDIS = "redis://127.0.0.1:6379/0"
# Seconds; both are on this machine or near it.
TIMEOUT = 3


def postgresql_url() -> str | None:
    """Return the URL of the PostgreSQL that answers: DATABASE_URL's or the local one."""
    given = os.environ.get("DATABASE_URL", "")
    url = given if given.startswith("postgres") else POSTGRESQL
    try:
        psycopg.connect(url, connect_timeout=TIMEOUT).close()
    except psycopg.OperationalError:
        return None
    return url


def redis_answers() -> bool:
    url = os.environ.get("REDIS_URL") or REDIS
    client = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def main() -> int:
    missing = []
    if postgresql_url() is None:
        missing.append(f"PostgreSQL (DATABASE_URL, or {POSTGRESQL})")
    if not redis_answers():
        missing.append(f"Redis (REDIS_URL, or {REDIS})")
    if shutil.which("redis-server") is None:
        missing.append("The program redis-server, of which tests start one of their own,")
    for name in missing:
        sys.stderr.write(f"error: {name} does not answer.\n")
    return len(missing)


if __name__ == "__main__":
    sys.exit(main())
