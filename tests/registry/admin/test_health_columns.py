"""Health stands in the list, in its filter, on the first page, and beside the name."""

from __future__ import annotations

from typing import Any

import pytest

from registry.admin.overview_findings import NAMED
from registry.choices import Health, LLMStatus, ProbeCode, Stage
from registry.models import LLMModel
from tests.factories import make_llm, make_test, make_user
from tests.registry.admin.visits import LIST, Visitor, of

pytestmark = pytest.mark.django_db

RESULTS = {
    Health.OK: ProbeCode.OK,
    Health.DEGRADED: ProbeCode.DEGRADED,
    Health.DOWN: ProbeCode.NO_CREDIT,
}


def cells(visitor: Visitor, name: str, **query: str) -> dict[str, str]:
    """Return a column's words by the name of the row."""
    page = visitor.open(LIST, **query).page
    found = {}
    for row in page.find("tr"):
        named = list(row.having("data-id"))
        column = [node for node in row.find("td") if f"field-{name}" in node.get("class")]
        if named and column:
            found[named[0].text()] = column[0].text()
    return found


def with_every_health() -> None:
    make_llm(name="Unknown one")
    for health, code in RESULTS.items():
        make_test(make_llm(name=str(health.label)), code=code, stage=Stage.MODEL)


def findings(visitor: Visitor) -> dict[str, Any]:
    context = visitor.open("/admin/").answer.context
    return {found.title: found for found in context["findings"]}


def test_the_list_says_the_health_and_since_when() -> None:
    with_every_health()

    assert cells(Visitor(), "health_cell") == {
        "OK": "OK since just now",
        "Degraded": "Degraded since just now",
        "Down": "Down since just now",
        "Unknown one": "Unknown",
    }


def test_the_list_says_when_a_model_was_last_tested() -> None:
    make_llm(name="Never")
    make_test(make_llm(name="Now"), code=ProbeCode.NO_CREDIT)

    assert cells(Visitor(), "tested_cell") == {"Never": "never", "Now": "just now"}


@pytest.mark.parametrize("health", Health.values)
def test_the_list_is_filtered_by_health(health: str) -> None:
    with_every_health()
    visitor = Visitor()

    found = visitor.open(LIST, health=health).listed()

    rows = LLMModel.objects.filter(pk__in=found)
    assert set(rows.values_list("health", flat=True)) == {health}
    assert len(found) == 1


def test_the_header_says_the_health() -> None:
    test = make_test(code=ProbeCode.NO_CREDIT, stage=Stage.AUTH)
    assert test.llm is not None

    (badge,) = [
        node
        for node in Visitor().open(of(test.llm)).page.find("span")
        if node.get("id") == "health-badge"
    ]

    assert badge.text() == "Down since just now"


# The first page
# ----------------------------------------------------------------------------
def test_what_is_down_or_degraded_needs_a_person() -> None:
    with_every_health()
    visitor = Visitor()

    found = findings(visitor)

    down, degraded = found["Down"], found["Degraded"]
    llm = LLMModel.objects.get(name="Down")
    assert [(row.name, row.link) for row in down.rows] == [("Down", f"{of(llm)}#tests")]
    assert [row.name for row in degraded.rows] == ["Degraded"]
    assert down.rows[0].note.startswith("No credit, at the stage Model · since <time")
    assert (down.colour, degraded.colour) == ("danger", "warning")
    assert visitor.client.get(of(llm)).status_code == 200


def test_what_nobody_uses_needs_nobody() -> None:
    for status in (LLMStatus.INACTIVE, LLMStatus.DEPRECATED):
        make_test(make_llm(status=status), code=ProbeCode.NO_CREDIT)

    assert "Down" not in findings(Visitor())


def test_who_is_down_the_longest_comes_first_and_the_rest_is_counted() -> None:
    names = [f"Model {number:02}" for number in range(NAMED + 2, 0, -1)]
    for name in names:
        make_test(make_llm(name=name), code=ProbeCode.NO_CREDIT)

    found = findings(Visitor())["Down"]

    assert [row.name for row in found.rows] == names[:NAMED]
    assert found.more == 2


@pytest.mark.invariant("A8")
def test_a_reader_is_told_of_no_failure_that_he_cannot_mend() -> None:
    make_test(code=ProbeCode.NO_CREDIT)

    assert findings(Visitor(make_user(staff=True, groups=["readers"]))) == {}


def test_a_health_without_its_reason_is_told_all_the_same() -> None:
    test = make_test(code=ProbeCode.NO_CREDIT)
    assert test.llm is not None
    test.llm.health_changes.all().delete()

    visitor = Visitor()

    assert [row.name for row in findings(visitor)["Down"].rows] == [test.llm.name]


# What a test may ask for
# ----------------------------------------------------------------------------
def test_the_settings_of_a_test_are_part_of_the_form() -> None:
    llm = make_llm()
    visitor = Visitor()

    visitor.fill(of(llm), probe_max_tokens="64", probe_reasoning_effort="low")

    llm = LLMModel.objects.get(pk=llm.pk)
    assert (llm.probe_max_tokens, llm.probe_reasoning_effort) == (64, "low")
    visitor.fill(of(llm), probe_max_tokens="0")
    assert visitor.wrong() == {"probe_max_tokens"}


def test_a_reader_sees_the_settings_of_a_test() -> None:
    llm = make_llm(probe_max_tokens=64)
    reader = Visitor(make_user(staff=True, groups=["readers"]))

    assert "Tokens of a test 64" in " ".join(reader.open(of(llm)).text.split())


def test_a_vector_has_no_such_settings() -> None:
    visitor = Visitor().open(of(make_llm("embedding")))

    assert "probe_max_tokens" not in visitor.html
