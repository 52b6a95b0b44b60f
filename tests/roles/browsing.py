"""What a person's own pages show in browsers' tests, and all addresses that show it."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.urls import reverse

from registry.choices import Health, LLMStatus
from registry.models import ApiToken, Connection, LLMModel
from registry.services.statuses import set_status
from roles.models import Role
from roles.pages.answers import section_of
from roles.services.slots import save_role
from tests.factories import make_token
from tests.roles.factories import (
    fill,
    make_account,
    make_gemini,
    make_host,
    make_local,
    make_login,
    measured,
)


def fill_own_records(user: User, *, name: str = "") -> None:
    """Give a person one of each; `name` stands for every name that people choose."""
    host = make_host(user, label=name or "GPU box")
    account = make_account(user, label=name or "Google, private")
    make_login(user, label=name or "Claude on my laptop")
    llama = measured(
        make_local(user, host, name=name or "Llama 3.2", tags=[name[:50] or "at home"]), Health.OK
    )
    flash = measured(make_gemini(user, account, name=name or "Gemini Flash"), Health.DOWN)
    idle = make_local(user, host, name=name or "Old Llama")
    gone = make_local(user, name=name or "Lost", connection_ref="old-box")
    for slot, llm in (("primary", gone), ("backup_1", idle), ("backup_2", llama)):
        fill(user, llm, slot=slot)
    fill(user, flash, role="research")
    set_status(idle, LLMStatus.INACTIVE)
    make_token(user, scopes=["roles:read"], application=name[:100] or "notebook")
    save_role(Role(name="poet", label=name[:100] or "Poet", description=name or "For birthdays."))


def own_addresses(user: User) -> list[str]:
    """Return every page that one sees by following links."""
    lists = (
        *("overview", "roles", "models", "hosts", "accounts", "tokens", "password", "add-host"),
        *("add-account", "add-login", "add-local", "add-cloud", "add-token"),
    )
    found = [reverse(f"my:{name}") for name in lists]
    for row in Connection.objects.filter(owner=user):
        where = (section_of(row), row.pk)
        names = ("connection", "remove-connection")
        found += [reverse(f"my:{name}", args=where) for name in names]
        if row.kind != "cli":
            found.append(reverse("my:host-models", args=where))
    for llm in LLMModel.objects.filter(owner=user):
        found += [reverse(f"my:{name}", args=[llm.pk]) for name in ("model", "remove-model")]
    for token in ApiToken.objects.filter(user=user):
        found.append(reverse("my:revoke-token", args=[token.pk]))
    return [*found, "/my/roles/chat/", "/my/roles/research/?healthy", "/my/roles/poet/"]
