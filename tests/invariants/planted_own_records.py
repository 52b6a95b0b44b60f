"""Canaries in what people own: brought by documents, typed on their pages, sent by programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse

from registry.models import Connection
from tests.cases import pages
from tests.factories import make_user
from tests.registry.api.client import with_token
from tests.roles.api.callers import MY, OWN, resolve_path
from tests.roles.factories import provider_of
from tests.roles.legacy.documents import put, registry

Keep = Callable[[Any], Any]
Canary = Callable[[], str]

# Pages of one's own that no crawl opens: they end the session or hand a token out.
_LEFT_OUT = ("/logout", "/password", "/login")
THREE_OF_A_KIND = 3
CHAT_RESOLVE = resolve_path("chat")


def plant_by_import(folder: Path, keep: Keep, canary: Canary) -> User:
    """Import documents of every age, good and bad, twice; return whose they are."""
    for slug in ("openai-compatible", "gemini", "anthropic"):
        provider_of(slug)
    owners = [make_user(f"owner{number}") for number in range(4)]
    for _again in range(2):
        put(folder, "owner0", registry=_document(canary), auth={"gemini_api_key": canary()})
        flat = {"api_url": "http://flat.example", "api_key": canary(), "model": "m"}
        put(folder, "owner1", local_llm=flat, auth={"gemini_api_key": canary()})
        put(folder, "owner2", registry=b'{"hosts": [{"api_key": "%s"' % canary().encode())
        put(folder, "owner3", registry=_wrong(canary))
        put(folder, "nobody", registry=_document(canary))
        for options in (["--dry-run"], ["--json"], []):
            keep(_printed("import_registry", str(folder), "--as", "boss", *options))
    for owner in owners:
        keep(_printed("export_registry", owner.username, "--as", "boss"))
        keep(_printed("resolve_role", owner.username, "chat", "--explain", "--as", "boss"))
    return owners[0]


def _document(canary: Canary) -> dict[str, Any]:
    document = deepcopy(registry())
    for entry in (document["hosts"][0], document["providers"]["google"]["accounts"][0]):
        entry["api_key"] = canary()
    return document


def _wrong(canary: Canary) -> dict[str, Any]:
    """Return a document with keys in every place where none can be taken."""
    host = {"id": "h9", "label": "H", "api_url": "ftp://x", "api_key": canary()}
    account = {"id": "a9", "label": "A", "api_key": [canary()]}
    return registry(
        hosts=[host, canary(), {"api_key": canary()}],
        providers={"google": {"accounts": [account, {"api_key": f"{canary()}\u2026"}]}},
        models=[{"id": "m9", "api_key": canary()}],
        roles={"chat": {"primary": canary()}, "coder": canary()},
    )


def _printed(*arguments: str) -> HttpResponse:
    out = StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=out)
    except CommandError as error:
        out.write(str(error))
    return HttpResponse(out.getvalue())


def plant_on_own_pages(user: User, keep: Keep, canary: Canary) -> int:
    """Type keys on the pages of one's own, and open all that are linked; return how many."""
    client = Client()
    client.force_login(user)

    def post(name: str, *args: Any, **sent: Any) -> Any:
        return keep(client.post(reverse(f"my:{name}", args=args), sent))

    host = {"label": "Typed", "api_url": "http://typed.example", "host_type": "openai"}
    assert post("add-host", **host, api_key=canary()).status_code == 302
    assert post("add-host", **host | {"label": ""}, api_key=canary()).status_code == 200
    account = {"label": "Typed too", "provider": "gemini"}
    assert post("add-account", **account, api_key=canary()).status_code == 302
    post("add-account", **account, api_key=f"{canary()}***")
    post("add-login", label="Login", api_key=canary())
    row = Connection.objects.get(owner=user, label="Typed")
    post("connection", "hosts", row.pk, **host, api_key=canary())
    post("connection", "hosts", row.pk, **host, api_key=canary(), revision="9999")
    post("add-cloud", provider="gemini", model_name="typed", api_key=canary())
    post("role", "chat", api_key=canary())
    keep(client.get(reverse("my:targets"), {"term": canary()}))
    return _crawl(client, keep)


def _crawl(client: Client, keep: Keep) -> int:
    waiting, seen, kinds = ["/my/"], {"/my/"}, list[str]()
    while waiting:
        address = waiting.pop(0)
        kind = resolve(address.partition("?")[0]).view_name
        if kinds.count(kind) == THREE_OF_A_KIND:
            continue
        kinds.append(kind)
        answer = keep(client.get(address))
        if answer.status_code == 200 and "text/html" in answer["Content-Type"]:
            new = [link for link in _links(answer.content) if link not in seen]
            waiting += dict.fromkeys(new)
            seen |= set(new)
    return len(kinds)


def _links(page: bytes) -> Iterator[str]:
    for node in pages.parse(page.decode()).find("a"):
        address = node.get("href").partition("#")[0]
        if address.startswith("/my/") and not any(part in address for part in _LEFT_OUT):
            yield address


def plant_by_own_api(user: User, keep: Keep, canary: Canary) -> None:
    api, connections = with_token(user, *OWN), f"{MY}/connections"
    host = {"kind": "host", "label": "Sent", "api_url": "http://sent.example"}
    made = keep(api.post(connections, host | {"api_key": canary()}, Idempotency_Key="own"))
    assert made.status_code == 201, made.content
    address = f"{connections}/{made.json()['id']}"
    keep(api.patch(address, {"api_key": canary()}))
    keep(api.put(address, {"label": "", "api_key": canary()}))
    keep(api.patch(address, {"api_key": [canary()]}))
    keep(api.post(connections, host | {"kind": "other", "api_key": canary()}))
    llm = {"provider": "google", "model_id": "sent", "name": "Sent"}
    made = keep(api.post(f"{MY}/models", llm | {"api_key": canary()}))
    assert made.status_code == 201, made.content
    keep(api.patch(f"{MY}/models/{made.json()['id']}", {"api_key": canary()}))
    keep(api.post(f"{MY}/catalog/google", {"id": "x", "api_key": canary()}))
    keep(api.put("/api/v1/roles/chat/primary", {"model": made.json()["id"]}))
    keep(api.put("/api/v1/roles/chat/backup_1", {"model": "claude_cli", "api_key": canary()}))
    keep(api.post(CHAT_RESOLVE, {"api_key": canary()}))
    keep(api.post(CHAT_RESOLVE, {"reveal": True}))  # the token may not
    keep(api.post(CHAT_RESOLVE))
    for path in ("registry", "models", "models?resolved=1", "connections", "catalog/google"):
        keep(api.get(f"{MY}/{path}"))
    keep(api.get(f"{MY}/models?q={quote(canary(), safe='')}"))
    keep(api.get("/api/v1/roles"))
    keep(api.delete(f"{address}/key"))
