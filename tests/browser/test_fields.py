"""The form's fields follow type and provider by the table of rules, without a reload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from registry import provider_rules
from registry.choices import LLMType
from registry.models import Provider
from registry.provider_rules import HIDDEN, REQUIRED
from tests.browser.hands import ADD_MODEL

pytestmark = pytest.mark.browser

SIX = ("ollama", "openai", "azure", "gemini", "anthropic", "cohere")
# Chooses a pair as a person would and reads what the form shows then.
CHOOSE = """
([type, provider]) => {
    const change = (name, value) => {
        const field = document.getElementById(`id_${name}`);
        field.value = value;
        field.dispatchEvent(new Event("change", {bubbles: true}));
        return field.value === value;
    };
    change("type", type);
    const option = document.querySelector(`#id_provider option[value="${provider}"]`);
    if (option.disabled) return null;
    change("provider", provider);
    const fields = {};
    for (const box of document.querySelectorAll("[data-field]")) {
        if (!box.checkVisibility()) continue;
        fields[box.dataset.field] = {
            required: box.querySelector("[data-mark]")?.checkVisibility() ?? false,
            label: box.querySelector("[data-label]")?.textContent ?? "",
        };
    }
    return fields;
}
"""


def shown(page: Page, llm_type: str, provider: Provider) -> dict[str, dict[str, Any]] | None:
    found: dict[str, dict[str, Any]] | None = page.evaluate(CHOOSE, [llm_type, str(provider.pk)])
    return found


@pytest.mark.invariant("ruling 19")
def test_the_fields_of_each_pair_are_those_of_the_table(
    page: Page, figure: Callable[..., None]
) -> None:
    page.goto(ADD_MODEL)
    page.evaluate("window.isTheSamePage = true")
    refused = 0

    for provider in Provider.objects.filter(slug__in=SIX):
        rule = provider_rules.rule_of(provider)
        for llm_type in LLMType.values:
            fields = shown(page, llm_type, provider)
            if llm_type not in rule.types:
                assert fields is None, (provider.slug, llm_type)
                refused += 1
                continue
            assert fields is not None, (provider.slug, llm_type)
            compare(fields, rule, llm_type)

    assert page.evaluate("window.isTheSamePage")
    figure(pairs=len(SIX) * len(LLMType.values), refused=refused)


def compare(fields: dict[str, dict[str, Any]], rule: provider_rules.Rule, llm_type: str) -> None:
    for name in ("api_endpoint", "api_key"):
        need = getattr(rule, name)
        assert (name in fields) is (need != HIDDEN), name
        if name in fields:
            assert fields[name]["required"] is (need == REQUIRED), name
    parameters = {name for name in fields if name in provider_rules.ALL_PARAMETERS}
    assert parameters == set(provider_rules.PARAMETERS[llm_type])
    needed = {name for name in parameters if fields[name]["required"]}
    assert needed == set(provider_rules.NEEDED_PARAMETERS.get(llm_type, ()))
    for name, label in rule.labels:
        assert fields[name]["label"] == str(label)


def test_nothing_but_type_and_provider_is_asked_at_first(page: Page) -> None:
    page.goto(ADD_MODEL)

    visible = page.evaluate(
        "[...document.querySelectorAll('[data-field]')]"
        ".filter((box) => box.checkVisibility()).map((box) => box.dataset.field)"
    )

    assert visible == ["type", "provider"]
