from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from audit import context
from registry.management.base import RegistryCommand
from roles.services.legacy_export import export_registry, export_with_keys


class Command(RegistryCommand):
    help = (
        "Print a user's own connections, models and slots as a model_registry.json of version 2. "
        "Keys are in it only with --with-keys, for --as a user who may have keys revealed; each "
        "is on the trail before anything is printed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("user", metavar="USER")
        parser.add_argument("--with-keys", action="store_true", help="print the keys in clear")

    def run(self, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"there is no user named {options['user']!r}")
        if options["with_keys"]:
            circumstances = context.current()
            actor = circumstances.person if circumstances is not None else None
            if not isinstance(actor, User):
                raise CommandError("--with-keys needs --as USER")
            export = export_with_keys(user, actor)
        else:
            export = export_registry(user)
        for name in export.unreadable:
            self.stderr.write(f"the key of {name} cannot be read with this key ring; left out")
        indent = None if options["json"] else 2
        self.stdout.write(json.dumps(export.document, indent=indent, ensure_ascii=False))
