"""No script runs from data, whatever stands in names, tags, labels and texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from audit import context, tracking
from audit.models import LogEntry
from registry.choices import LLMType
from registry.models import (
    Capability,
    Client,
    ClientModel,
    Connection,
    LLMModel,
    Platform,
    Price,
    Provider,
    Tag,
)
from registry.services.statuses import set_status
from registry.types import LLMChange
from roles.models import Role
from tests.browser.examples import let_handle_clients
from tests.browser.hands import (
    CATALOGUE,
    CHOOSING,
    CLIENTS,
    MATRIX,
    MODELS,
    PRICES,
    ROLES,
    TRAIL,
    WHICH_MODEL,
    model_page,
)
from tests.browser.recorder import Recorder
from tests.factories import (
    make_client,
    make_connection,
    make_knowledge_base,
    make_llm,
    make_price,
    make_route,
    make_token,
)
from tests.roles.browsing import fill_own_records, own_addresses
from tests.roles.factories import fill

pytestmark = pytest.mark.browser

# One of each way into a page: element, handler, end of a script or attribute, a string inside
# an attribute that Alpine evaluates, its own attributes, a template, an address.
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><details open ontoggle=alert(1)>",
    "</script><script>alert(1)</script>",
    "'-alert(1)-'",
    '"-alert(1)-"',
    "`${alert(1)}`",
    "\\');alert(1);//",
    "{{constructor.constructor('alert(1)')()}}",
    '<b x-data x-init="alert(1)">x</b>',
    '<i hx-get="/admin/" hx-trigger="load" hx-on::load="alert(1)">x</i>',
    "javascript:alert(1)",
    "</title><iframe srcdoc='<script>parent.alert(1)</script>'>",
    '<a href="data:text/html,<script>alert(1)</script>" autofocus onfocus=alert(1)>x</a>',
]
EVERYTHING = " ".join(PAYLOADS)


def plant(row: Model, **columns: str) -> None:
    """Write past every check, as an old row or another program might have it."""
    tracking.unaudited(type(row)._default_manager.filter(pk=row.pk)).update(**columns)


@pytest.fixture
def planted(staff: User) -> dict[str, Any]:
    """Put the payloads into every text that the pages show."""
    connection = make_connection(Provider.objects.get(slug="openai"))
    change = LLMChange(connection=connection, tags=["one"], aliases=["other"])
    llm = make_llm(LLMType.EMBEDDING, provider=connection.provider, change=change)
    base = make_knowledge_base(embedding_model=llm)
    token, _text = make_token(staff)
    with context.use(source="admin", actor=staff):
        set_status(make_llm(name=EVERYTHING[:200]), "inactive")
    texts = {"name": EVERYTHING[:200], "description": EVERYTHING}
    plant(llm, **texts, model_id=EVERYTHING[:200], family=PAYLOADS[1], version=PAYLOADS[2])
    plant(base, **texts)
    plant(connection, label=EVERYTHING[:200], api_url=f"https://x.example/{PAYLOADS[2]}")
    plant(connection.provider, name=PAYLOADS[2], description=EVERYTHING)
    platform = Platform.objects.earliest("pk")
    route = make_route(llm, platform)
    price = make_price(llm, "1", route=route)
    plant(platform, **texts, base_url=f"https://x.example/{PAYLOADS[2]}")
    names = {"model_string_override": EVERYTHING[:200], "slug": PAYLOADS[1]}
    plant(route, **names, endpoint_override=f"https://x.example/{PAYLOADS[2]}")
    plant(price, source_name=EVERYTHING[:200], source_url=PAYLOADS[12])
    client = plant_client()
    let_handle_clients(staff)
    plant(Capability.objects.earliest("pk"), label=PAYLOADS[3], description=EVERYTHING)
    plant(Tag.objects.earliest("pk"), name=PAYLOADS[1])
    plant(token, application=EVERYTHING[:100])
    plant(staff, first_name=PAYLOADS[1], last_name=PAYLOADS[2], username=PAYLOADS[10])
    for entry in LogEntry.objects.order_by("-pk")[:5]:
        plant(entry, object_repr=EVERYTHING, actor_name=PAYLOADS[2], application=PAYLOADS[3])
    role = plant_roles(staff, llm)
    found = {"llm": llm, "base": base, "connection": connection, "token": token, "staff": staff}
    return found | {"route": route, "price": price, "client": client, "role": role}


def plant_roles(staff: User, llm: LLMModel) -> Role:
    """A role, and records of a person's own, whose every text is a payload."""
    fill_own_records(staff, name=EVERYTHING[:200])
    role = Role.objects.get()
    plant(role, label=EVERYTHING[:100], description=EVERYTHING)
    fill(None, llm, role=role.name)
    for connection in Connection.objects.filter(owner=staff):
        plant(connection, label=EVERYTHING[:200])
    for own in LLMModel.objects.filter(owner=staff):
        plant(own, name=EVERYTHING[:200], model_id=PAYLOADS[2], connection_ref=PAYLOADS[1])
    return role


def plant_client() -> Client:
    """A client whose id, provider, reason and description are payloads, suspended everywhere."""
    client = make_client("c1", "shown", "m")
    plant(client, client_id=EVERYTHING[:200], provider=PAYLOADS[2])
    told = {"display_name": EVERYTHING, "description": EVERYTHING, "version": PAYLOADS[9]}
    thinking = {"levels": PAYLOADS, "min": 1}
    rows = ClientModel.objects.filter(client=client)
    rows.update(
        info=told | {"supported_parameters": PAYLOADS, "thinking": thinking},
        suspended_at=timezone.now(),
        suspended_reason=EVERYTHING[:300],
    )
    rows.filter(position=0).update(model_id=EVERYTHING[:200])
    return client


def addresses(planted: dict[str, Any]) -> list[str]:
    rows = [*planted.values(), planted["connection"].provider, Platform.objects.earliest("pk")]
    found = ["/admin/", CATALOGUE, f"{TRAIL}{LogEntry.objects.latest('pk').pk}/change/"]
    for row in rows:
        page = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
        verbs = ("change", "history") if isinstance(row, Price) else ("change", "delete", "history")
        found += [page, *(f"{page}{row.pk}/{name}/" for name in verbs)]
    found += [TRAIL, "/admin/registry/capability/", f"{MODELS}?q={PAYLOADS[2]}"]
    found += [f"/admin/registry/connection/add/?label={PAYLOADS[2]}", f"{TRAIL}?q={PAYLOADS[1]}"]
    found += [f"{CLIENTS}?q={PAYLOADS[2]}&provider={PAYLOADS[1]}&model={PAYLOADS[1]}"]
    found += [f"{model_page(planted['llm'].pk)}#clients"]
    held = ClientModel.objects.filter(client=planted["client"])
    dialog = f"{CLIENTS}{planted['client'].pk}/suspend/"
    found += [dialog, *(f"{dialog}?{urlencode({'model': row.model_id})}" for row in held)]
    found += [f"{CLIENTS}{planted['client'].pk}/change/?q={PAYLOADS[2]}"]
    found += [ROLES, f"{ROLES}explain/poet/", f"{ROLES}?user={planted['staff'].pk}"]
    found += [f"{ROLES}explain/chat/?user={planted['staff'].pk}&healthy=on"]
    found += own_addresses(planted["staff"])
    found += [*CHOOSING, f"{WHICH_MODEL}?type=embedding&limit=100&optional=tools"]
    found += [f"{WHICH_MODEL}?type=embedding&family={PAYLOADS[2]}&tags={PAYLOADS[1]}"]
    found += [f"{PRICES}?type=embedding", f"{MATRIX}?status=all&q={PAYLOADS[2]}"]
    return [*found, "/api/v1/admin/models", "/api/v1/admin/connections", "/api/v1/admin/audit"]


@pytest.mark.invariant("X1")
def test_no_script_runs_from_data(
    planted: dict[str, Any], page: Page, recorder: Recorder, figure: Callable[..., None]
) -> None:
    visited = addresses(planted)

    for address in visited:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, (answer.status, address)
        assert page.locator("iframe, script:not([src]):not([type])").count() == 0, address

    page.goto(MODELS)
    expect(page.get_by_text(PAYLOADS[0]).first).to_be_visible()
    assert not recorder.faults
    figure(payloads=len(PAYLOADS), pages=len(visited), executions=0, csp_reports=0)


@pytest.mark.invariant("X1")
def test_no_script_runs_from_what_is_fetched_later(
    planted: dict[str, Any], page: Page, recorder: Recorder
) -> None:
    """The dialog, the palette, the select that asks the server, a preview of many rows."""
    page.goto(MODELS)
    page.get_by_role("switch").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("alert(1)")
    page.keyboard.press("Escape")

    page.keyboard.press("Control+k")
    expect(page.locator("#search-input-command")).to_be_focused()
    page.keyboard.type("alert")
    expect(page.locator("#command-results").get_by_text("alert(1)").first).to_be_visible()

    page.goto(f"/admin/registry/knowledgebase/{planted['base'].pk}/change/")
    page.locator("#id_embedding_model + .select2").click()
    expect(page.locator(".select2-results__option").first).to_contain_text("alert(1)")

    page.goto(MODELS)
    page.locator("#action-toggle").check()
    page.locator('select[name="action"]').select_option(label="Deactivate")
    with page.expect_navigation():
        page.get_by_role("button", name="Run").click()
    expect(page.locator("[data-bulk]")).to_contain_text("alert(1)")

    assert not recorder.faults


def test_what_the_recorder_watches_for_is_seen(page: Page, recorder: Recorder) -> None:
    """The proof above would be none if the browser kept quiet."""
    page.goto("/admin/")

    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'alert(1)';"
        " document.body.append(s); }"
    )
    page.evaluate("alert(1)")
    with pytest.raises(PlaywrightError, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://elsewhere.example/")

    seen = "\n".join(recorder.faults)
    assert "CSP script-src" in seen
    assert "alert dialog: 1" in seen
    assert "another host: http://elsewhere.example/" in seen
    recorder.faults.clear()
