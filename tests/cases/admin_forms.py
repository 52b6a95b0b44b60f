"""Works the admin's pages as a person does: opens them, fills forms in, confirms."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from registry.services.llms import save_llm
from registry.types import LLMChange
from tests.cases import pages, paths
from tests.cases.fixtures import as_system, provider_slugs
from tests.cases.run import Answer, Run

Sent = dict[str, list[str]]

LIST = "admin:registry_llmmodel_changelist"
# What the cases call the actions of the list.
ACTIONS = {
    "activate": "activate",
    "deactivate": "deactivate",
    "delete selected": "delete_selected",
    "test connection": "check_selected",
}
# What a person chooses on the preview beyond what stands there: the whole test.
CHOSEN: dict[str, Sent] = {"test connection": {"inference": ["on"]}}
NEW_NAME = "Renamed"
NEW_EMBEDDING = {
    "type": "embedding",
    "provider": "openai",
    "name": "New Embedding",
    "model_id": "text-embedding-3-large",
    "config": {"dimensions": 3072, "max_tokens": 8191},
    "api_key": "sk-new-1234567890abcdef",
}


def bulk_action(run: Run, action: str, names: list[str]) -> None:
    """Choose rows and an action, look at the preview, and confirm where it offers that."""
    assert action in ACTIONS, f"unknown method: admin action {action!r}"
    browser = run.world.browser(run.case.actor)
    url = reverse(LIST)
    chosen = [run.world.ids[name] for name in names]
    preview = run.submit(browser, url, {"action": ACTIONS[action], "_selected_action": chosen})
    form = pages.form_with(preview.page, "confirm")
    if form is not None:
        sent = pages.values(form) | {"confirm": ["yes"]} | CHOSEN.get(action, {})
        run.submit(browser, form.get("action") or url, sent)


def rename(run: Run) -> None:
    """Open the form of G2, type a new name and save; everything else is sent back as it came."""
    browser = run.world.browser(run.case.actor)
    url = reverse("admin:registry_llmmodel_change", args=(run.world.ids["G2"],))
    _fill_in(run, browser, url, run.case.body or {"name": NEW_NAME})


def post(run: Run, browser: Client) -> None:
    """Send what a path speaks of: a form filled in with the body, or a page without one."""
    if "audit entry" in run.case.path:
        with as_system():  # so that there is an entry to attack
            save_llm(run.world.row("G2"), LLMChange(frozenset(), tags=["marked"]))
        for url in paths.urls(run.case.path, run.world):
            run.keep(browser.post(url, {"post": "yes", "event": "nothing"}))
        return
    for url in paths.urls(run.case.path, run.world):
        _fill_in(run, browser, url, run.case.body or {})


def _fill_in(run: Run, browser: Client, url: str, body: dict[str, Any]) -> None:
    opened = run.visit(browser, url, is_main=False)
    form = _main_form(opened)
    if form is None:  # nothing to confirm or to save: the refusal is the answer
        opened.is_main = True
        return
    sent = pages.values(form)
    flat = run.world.resolve({**body, **body.get("config", {})})
    for name, value in flat.items():
        if name != "config":
            _type_in(form, sent, name, value)
    run.submit(browser, form.get("action") or url, sent)


def _main_form(opened: Answer) -> pages.Node | None:
    for control in ("name", "post", "confirm"):
        form = pages.form_with(opened.page, control)
        if form is not None:
            return form
    return None


def _type_in(form: pages.Node, sent: Sent, name: str, value: Any) -> None:
    if value is True:
        sent[name] = ["on"]
    elif value is False:
        sent.pop(name, None)
    else:
        sent[name] = [_option(form, name, "" if value is None else str(value))]


def _option(form: pages.Node, name: str, text: str) -> str:
    """Return the value of the option that is meant by its words, or by the provider's slug."""
    slugs = provider_slugs() if name == "provider" else {}
    for value, words in pages.choices(form, name).items():
        if text in {value, words, slugs.get(value)}:
            return value
    return text
