"""The service under pytest: its own keys, its own database, cheap passwords."""

from __future__ import annotations

import atexit
import base64
import hashlib
import shutil
import tempfile
from pathlib import Path

from config import env

_SCRATCH = Path(tempfile.mkdtemp(prefix="registry-test-"))
atexit.register(shutil.rmtree, _SCRATCH, ignore_errors=True)


def _fernet_key(name: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode()


# Before the base settings load, since those refuse to do so without keys.
env.isolate(
    {
        "DATA_DIR": str(_SCRATCH),
        "REGISTRY_ENCRYPTION_KEYS": f"{_fernet_key('new')} {_fernet_key('old')}",
        "REGISTRY_SECRET_KEY": hashlib.sha256(b"test sessions").hexdigest(),
        "REGISTRY_FINGERPRINT_KEY": hashlib.sha256(b"test fingerprints").hexdigest(),
    },
    keep=("DATABASE_URL",),
)

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Each test client would look through every static file of every package for its own start.
WHITENOISE_AUTOREFRESH = True
# A bell that nobody hears: tests run the queue themselves, or start a worker of their own.
REGISTRY_BROKER_URL = "memory://"
# Test databases live for a run: nothing waits until the disk has what was written.
if DATABASES["default"]["ENGINE"] == "config.sqlite":
    # A file and not :memory:, so that threads and processes of a test share it.
    DATABASES["default"]["TEST"] = {"NAME": _SCRATCH / "test.sqlite3"}
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"]["OPTIONS"],
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF",
    }
else:
    DATABASES["default"]["OPTIONS"] = {"options": "-c jit=off -c synchronous_commit=off"}
DATABASES["default"]["CONN_MAX_AGE"] = 0
