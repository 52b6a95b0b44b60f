"""The driver knows every word that a case may use, and names the one it does not know."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.cases import case_files, given, pages, paths
from tests.cases.case_files import Case
from tests.cases.expect import CONDITIONS, WORDS, check
from tests.cases.fixtures import World
from tests.cases.methods import METHODS, carry_out
from tests.cases.run import Run
from tests.cases.test_admin_api import FILE, waits_for
from tests.provider import FakeProvider

# Words that only cases of a later issue use: the proxy.
LATER_WORDS = {
    "alias",
    "proxy_body_lacks",
    "proxy_calls_lack",
    "proxy_deleted_ids",
    "proxy_registered",
    "proxy_state_afterwards",
    "proxy_untouched",
    "report",
    "sync_state_any",
}
LATER_METHODS = {"sync", "sync twice"}
LATER_GIVEN = re.compile(r"proxy: (404|500) on .*|proxy_models")
ACTION = re.compile(r"admin action '(deactivate|delete selected|test connection)' on .*")


def vocabulary(kind: str) -> list[str]:
    words: list[str] = case_files.read(FILE).get("vocabulary", {}).get(kind, [])
    return words


def case(**parts: Any) -> Case:
    told = {"surface": "api", "actor": "admin", "method": "GET", "path": "/", "expect": {}}
    return Case(id="X", level="must", ac="x", **{**told, **parts})


def test_every_expectation_is_known_or_of_a_later_issue() -> None:
    assert set(vocabulary("expect")) <= {*WORDS, *CONDITIONS, *LATER_WORDS}


@pytest.mark.parametrize("word", vocabulary("methods"))
def test_every_method_is_known_or_of_a_later_issue(word: str) -> None:
    assert word in METHODS or word in LATER_METHODS or ACTION.fullmatch(word)


@pytest.mark.parametrize("word", vocabulary("given"))
def test_every_given_value_is_known_or_of_a_later_issue(word: str) -> None:
    assert LATER_GIVEN.fullmatch(word) or given.is_known(word.partition(":")[0])


@pytest.mark.parametrize("word", vocabulary("given"))
def test_every_way_of_a_provider_is_known_or_of_a_later_issue(word: str) -> None:
    name, _colon, value = word.partition(": ")
    if name == "proxy" and not LATER_GIVEN.fullmatch(word):
        FakeProvider().be(value)


def test_no_case_of_this_issue_uses_a_later_word() -> None:
    for found in case_files.cases_of(FILE):
        if waits_for(found) is None:
            assert not set(found.expect) & LATER_WORDS, found.id
            assert found.method not in LATER_METHODS, found.id


def test_an_unknown_word_fails_by_its_name() -> None:
    run = Run(World({}), case(), [])

    with pytest.raises(AssertionError, match="colour"):
        check(run, {"colour": "blue"})


@pytest.mark.parametrize(
    "method", ["PAINT", "admin action 'paint' on E1", "admin action 'deactivate' for E1"]
)
def test_an_unknown_method_fails_by_its_name(method: str) -> None:
    with pytest.raises(AssertionError, match="unknown method"):
        carry_out(Run(World({}), case(method=method), []))


@pytest.mark.parametrize("path", ["admin garden", "admin change list of trees"])
def test_an_unknown_path_fails_by_its_name(path: str) -> None:
    with pytest.raises(AssertionError, match=path):
        paths.urls(path, World({}))


@pytest.mark.parametrize("word", ["weather", "E1.weather"])
def test_an_unknown_given_value_fails_by_its_name(word: str) -> None:
    assert not given.is_known(word)


def test_an_unknown_way_of_a_provider_fails_by_its_name() -> None:
    with pytest.raises(AssertionError, match="proxy: sulks"):
        FakeProvider().be("sulks")


PAGE = """
<main><table><tr><th class="column-name">Name</th></tr>
<tr><td class="field-name"><a data-id="1" href="?type__exact=ner">One</a>
<i data-default="true"></i></td></tr>
<tr><td class="field-name"><a data-id="2">Two</a><i data-default="false"></i></td></tr></table>
<form method="post"><input name="name" value="A &amp; B"><input type="checkbox" name="off">
<input type="checkbox" name="on" checked><select name="metric"><option value="">-</option>
<option value="dot" selected>Dot</option></select><textarea name="text">
lines</textarea><button name="confirm" value="yes">Go</button>
<div data-field="name"><ul class="errorlist"><li>Wrong</li></ul></div></form></main>
"""


def test_pages_are_read_as_a_browser_reads_them() -> None:
    page = pages.parse(PAGE)
    form = pages.form_with(page, "confirm")

    assert pages.row_ids(page) == ["1", "2"]
    assert pages.default_ids(page) == ["1"]
    assert pages.columns(page) >= {"name"}
    assert pages.filters(page) == {"type"}
    assert pages.choices(page, "metric") == {"": "-", "dot": "Dot"}
    assert pages.wrong_fields(page) == {"name"}
    assert form is not None
    assert pages.values(form) == {
        "name": ["A & B"],
        "on": ["on"],
        "metric": ["dot"],
        "text": ["lines"],
    }
