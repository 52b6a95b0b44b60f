from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.utils import timezone

from registry.choices import Scope
from registry.management.base import RegistryCommand
from registry.services.tokens import create_token

LONGEST_LIFE = 3650  # days


class Command(RegistryCommand):
    help = "Create an API token for an application and print it; it cannot be read again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("user", help="whose rights bound the token")
        parser.add_argument("application", help="which application uses it")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="default: catalogue:read"
        )
        parser.add_argument("--days", type=int, help="life in days; default REGISTRY_TOKEN_DAYS")

    def run(self, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"there is no user named {options['user']!r}")
        days = options["days"]
        if days is not None and not 1 <= days <= LONGEST_LIFE:
            raise CommandError(f"--days takes 1 to {LONGEST_LIFE}")
        ends = timezone.now() + timedelta(days=days or settings.REGISTRY_TOKEN_DAYS)
        token, text = create_token(
            user,
            application=options["application"],
            scopes=options["scope"] or [Scope.CATALOGUE_READ.value],
            expires_at=ends,
        )
        value = {"token": text, "id": str(token.pk), "expires_at": ends.isoformat()}
        self.report(options, value, f"{text}\nShown only now. Expires {ends:%Y-%m-%d}.")
