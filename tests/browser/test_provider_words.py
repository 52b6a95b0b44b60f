"""What a provider says is shown, and runs nothing: neither in a page nor in what is fetched."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from registry.dialects.base import ListedModel
from registry.models import ConnectionTest, LLMModel
from registry.sandbox.faults import MARKUP
from registry.services import host_models
from registry.services.host_models import HostModels
from tests.browser.hands import CONNECTIONS, MODELS, TESTS, model_page
from tests.browser.recorder import Recorder
from tests.browser.test_injection import EVERYTHING, PAYLOADS
from tests.browser.workshop import expect_end, open_sandbox, panel, press_test, sandbox_llm, working
from tests.factories import end_test, make_connection, make_llm, make_test

pytestmark = [pytest.mark.browser, pytest.mark.invariant("X1")]

BEGINNING = MARKUP[:30]


def test_a_refusal_with_scripts_in_it_runs_nothing(
    page: Page, settings: Settings, recorder: Recorder, figure: Callable[..., None]
) -> None:
    with open_sandbox(settings) as sandbox, working():
        llm = sandbox_llm(sandbox, "script")
        page.goto(model_page(llm.pk))
        press_test(page, inference=True)
        expect_end(page, "bad_parameter")
        expect(panel(page).locator("[data-said]")).to_contain_text(BEGINNING)

        page.locator("[data-try]").click()
        expect(page.locator("#unsaved-test [data-said]")).to_contain_text(BEGINNING)

    test = ConnectionTest.objects.filter(llm=llm)[0]
    visited = [f"{model_page(llm.pk)}#tests", TESTS, f"{TESTS}{test.pk}/change/", MODELS, "/admin/"]
    for address in visited:
        page.goto(address)
        assert page.locator("iframe, script:not([src]):not([type])").count() == 0, address
    assert not recorder.faults
    figure(pages=len(visited), executions=0, csp_reports=0)


def test_every_payload_in_a_result_runs_nothing(page: Page, recorder: Recorder) -> None:
    llms = [make_llm(name=f"Model {number}") for number in range(len(PAYLOADS))]
    for llm, payload in zip(llms, PAYLOADS, strict=True):
        test = make_test(llm)
        stages = [
            {"name": "reach", "code": "ok", "latency_ms": 1, "note": payload},
            {"name": "model", "code": "model_missing", "latency_ms": 1, "nearest": [payload]},
        ]
        end_test(test, "model_missing", stages=stages, said=payload, detail=payload)

    for llm, payload in zip(llms, PAYLOADS, strict=True):
        page.goto(f"{model_page(llm.pk)}#tests")
        expect(panel(page).locator("[data-said]")).to_contain_text(payload[:20])
        expect(panel(page).locator("[data-words]")).to_contain_text("It does list:")
    assert not recorder.faults


def test_model_ids_of_a_host_run_nothing(
    page: Page, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [ListedModel(payload, payload) for payload in (*PAYLOADS, EVERYTHING[:200])]
    monkeypatch.setattr(host_models, "models_of", lambda _: HostModels(listed, False))
    page.goto(f"{CONNECTIONS}{make_connection().pk}/models/")
    page.get_by_role("button", name="Ask the host").click()

    expect(page.locator("[data-offer]")).to_have_count(len(listed))
    page.get_by_label("All that are shown").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Add the picked models").click()

    assert LLMModel.objects.exists()
    expect(page.locator("#result_list")).to_contain_text("alert(1)")
    assert not recorder.faults
