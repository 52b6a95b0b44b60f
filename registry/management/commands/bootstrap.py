from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command

from registry.management.base import RegistryCommand
from registry.services import accounts, key_ring, origins, reference_data, sandbox, setting_up


class Command(RegistryCommand):
    help = (
        "Bring the database up: tables, groups, providers, platforms, capabilities and the first "
        "administrator, whose password is printed once. Safe to repeat, and to run twice at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--admin", default="admin", help="name of the first administrator")
        parser.add_argument(
            "--sandbox",
            action="store_true",
            help="register the models of the sandbox provider too, on a database not used yet",
        )

    def run(self, **options: Any) -> None:
        with setting_up.alone():
            self._bring_up(options)

    def _bring_up(self, options: dict[str, Any]) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        key_ring.plant_canary()
        accounts.ensure_groups()
        created = reference_data.load()
        password = accounts.ensure_first_administrator(options["admin"])
        value = {"created": created, "admin": options["admin"] if password else None}
        lines = [f"{count} {kind} added" for kind, count in created.items() if count]
        if options["sandbox"]:
            value["sandbox"] = sandbox.install()
            lines += _about_sandbox() if value["sandbox"] else []
        if password:
            value["password"] = password
            lines += [
                "",
                f"  First administrator: {options['admin']}",
                f"  Password:            {password}",
                "  It is shown only now, and has to be changed at the first login.",
                "",
            ]
        self.report(options, value, "\n".join(lines) or "Everything is in place.")


def _about_sandbox() -> list[str]:
    address = sandbox.address("/v1")
    lines = ["the sandbox's models added; `manage.py sandbox_provider` answers for them"]
    if origins.is_blocked(address):
        allowance = origins.allowance(address)
        lines.append(f"  They can be called once REGISTRY_PRIVATE_HOSTS names {allowance}.")
    return lines
