#!/usr/bin/env python
"""The commands of the registry: `manage.py help` lists them."""

from __future__ import annotations

import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from audit import context
from config import start


def main() -> None:
    try:
        start.create_missing_keys(sys.argv[1:])
        # Django itself would let some commands run without settings; a wrong key stops them all.
        start.load_settings()
        django.setup()
        start.refuse_wrong_ring()
        # Also Django's own commands (createsuperuser, changepassword) write on the trail.
        with context.use(source="command"):
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
