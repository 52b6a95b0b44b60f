"""`python -m benchmarks.inside MODELS`: what has to be done with Django loaded, as JSON."""

from __future__ import annotations

import json
import sys
from importlib import import_module

import django

from audit import context


def main(models: int) -> None:
    """Fill the registry up to `models`, and print the ways in and the queries of each page."""
    django.setup()
    # By name, since they import tables, which cannot be before the line above.
    filling = import_module("benchmarks.filling")
    counting = import_module("benchmarks.counting")
    with context.use(source="system"):
        filling.fill(models)
        user = filling.person()
        found = {**filling.ways_in(user), "queries": counting.queries(user)}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
