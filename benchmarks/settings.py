"""The service's own settings; only the addresses have one more. Nothing else uses this file."""

from __future__ import annotations

from config.settings import base

globals().update({name: value for name, value in vars(base).items() if name.isupper()})

ROOT_URLCONF = "benchmarks.urls"
