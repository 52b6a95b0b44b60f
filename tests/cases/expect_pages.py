"""The expectations about the admin's pages: what is shown, offered, marked, demanded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from tests.cases import pages
from tests.cases.fixtures import provider_slugs
from tests.cases.run import Run

CONFIRMATIONS = ("confirm", "post")


def visible(run: Run, value: list[str]) -> None:
    found = pages.fields(run.answer.page)
    for name in value:
        assert name in found, f"there is no field {name}: {list(found)}"
        assert found[name].get("data-visible") == "true", f"{name} is not shown"


def hidden(run: Run, value: list[str]) -> None:
    found = pages.fields(run.answer.page)
    assert found, "the page has no fields"
    for name in value:
        wrapper = found.get(name)
        assert wrapper is None or wrapper.get("data-visible") == "false", f"{name} is shown"


def required(run: Run, value: list[str]) -> None:
    found = pages.fields(run.answer.page)
    for name in value:
        assert name in found, f"there is no field {name}: {list(found)}"
        assert found[name].get("data-required") == "true", f"{name} is not demanded"


def choices_include(run: Run, value: dict[str, list[str]]) -> None:
    for name, wanted in value.items():
        offered = _offered(run, name)
        assert set(wanted) <= offered, offered


def choices_exclude(run: Run, value: dict[str, list[str]]) -> None:
    for name, refused in value.items():
        offered = _offered(run, name)
        assert offered, f"{name} offers nothing"
        assert not set(refused) & offered


def _offered(run: Run, name: str) -> set[str]:
    """Return the values that a field offers; a provider's is its slug."""
    values = set(pages.choices(run.answer.page, name)) | set(_asked_for(run, name))
    slugs = provider_slugs() if name == "provider" else {}
    return {slugs.get(value, run.world.name_of(value)) for value in values}


def _asked_for(run: Run, name: str) -> Iterator[str]:
    """A select that is filled while somebody types: ask what it would, as its script does."""
    for select in run.answer.page.find("select"):
        url = select.get("data-url")
        if select.get("name") == name and url:
            form = pages.form_with(run.answer.page, name)
            sent = {} if form is None else pages.values(form)
            asked = {word: sent.get(word, []) for word in select.get("data-forward").split()}
            mark = "&" if "?" in url else "?"
            browser = run.world.browser(run.case.actor)
            answer = browser.get(f"{url}{mark}{urlencode(asked, doseq=True)}")
            for found in answer.json()["results"]:
                yield found["id"]


def columns_include(run: Run, value: list[str]) -> None:
    found = pages.columns(run.answer.page)
    assert set(value) <= found, found


def filters_include(run: Run, value: list[str]) -> None:
    found = pages.filters(run.answer.page)
    assert set(value) <= found, found


def confirm_button(run: Run, value: bool) -> None:
    found = [pages.form_with(run.answer.page, control) for control in CONFIRMATIONS]
    assert any(form is not None for form in found) is value


def marked_default(run: Run, value: list[str]) -> None:
    marked = [run.world.name_of(row) for row in pages.default_ids(run.answer.page)]
    assert Counter(marked) == Counter(value)


def field_values(run: Run, value: dict[str, Any]) -> None:
    for name, expected in value.items():
        assert shows(run, name, expected), f"{name} shows {_shown(run, name)}, not {expected!r}"


def key_field_value(run: Run, value: str | None) -> None:
    controls = []
    for control in run.answer.page.find("input", "textarea"):
        if control.get("name") == "api_key":
            controls.append(control)
    assert controls, "there is no key field"
    for control in controls:
        assert (control.get("value") or control.text()) == (value or "")


def shows(run: Run, name: str, expected: Any) -> bool:
    """Say whether a field holds the value: as a number, a tick, an option or its words."""
    shown = _shown(run, name)
    if isinstance(expected, bool):
        return _ticked(run, name, shown) is expected
    if isinstance(expected, int | float):
        return [_number(text) for text in shown[:1]] == [float(expected)]
    return ("" if expected is None else str(expected)) in (shown or [""])


def _shown(run: Run, name: str) -> list[str]:
    """Return what a field holds: the sent value, then the words of the chosen option."""
    form = pages.form_with(run.answer.page, name)
    sent = [] if form is None else pages.values(form).get(name, [])
    words = []
    for control in [] if form is None else form.find("select"):
        for option in control.find("option"):
            if control.get("name") == name and option.get("value") in sent:
                words.extend([option.text(), provider_slugs().get(option.get("value"), "")])
    wrapper = pages.fields(run.answer.page).get(name)
    fixed = [] if form is not None or wrapper is None else wrapper.text().split()
    return [*sent, *words, *fixed]


def _ticked(run: Run, name: str, shown: list[str]) -> bool:
    return bool(set(shown) & {"on", "true", "True", "1"})


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
