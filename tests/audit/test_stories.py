from __future__ import annotations

from typing import Any

import pytest

from audit.stories import CHANGED, Action, Story
from registry.models import Tag


@pytest.fixture
def story() -> Story:
    return Story.of(Tag(pk=7, name="fast"))


def test_a_story_keeps_the_name_and_key_of_its_beginning(story: Story) -> None:
    story.subject.pk = None

    assert (story.pk, story.label) == ("7", "fast")


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        ([Action.UPDATE], Action.UPDATE),
        ([Action.CREATE], Action.CREATE),
        ([Action.CREATE, Action.UPDATE], Action.CREATE),
        ([Action.UPDATE, Action.DELETE], Action.DELETE),
        ([Action.CREATE, Action.UPDATE, Action.DELETE], Action.DELETE),
    ],
)
def test_actions_fold_into_the_one_that_matters(
    story: Story, actions: list[Action], told: Action
) -> None:
    for action in actions:
        story.take_action(action)

    assert story.action is told
    assert story.touched


@pytest.mark.parametrize(
    ("diffs", "told"),
    [
        ([{"name": ["a", "b"]}], {"name": ["a", "b"]}),
        ([{"name": ["a", "b"]}, {"name": ["b", "c"]}], {"name": ["a", "c"]}),
        ([{"name": ["a", "b"]}, {"name": ["b", "a"]}], {}),
        ([{"name": ["a", "b"]}, {"top_k": [1, 2]}], {"name": ["a", "b"], "top_k": [1, 2]}),
        ([{"api_key": CHANGED}], {"api_key": CHANGED}),
        ([{"api_key": CHANGED}, {"api_key": ["", "x"]}], {"api_key": CHANGED}),
        ([{"api_key": ["", "x"]}, {"api_key": CHANGED}], {"api_key": CHANGED}),
    ],
)
def test_changes_fold_into_first_old_and_last_new(
    story: Story, diffs: list[dict[str, Any]], told: dict[str, Any]
) -> None:
    for diff in diffs:
        story.merge(diff)

    assert story.settled() == told


@pytest.mark.parametrize(
    ("value", "is_told"),
    [
        ([None, ""], False),
        (["", None], False),
        ([None, []], False),
        ([[], []], False),
        ([None, 0], True),
        ([0, None], True),
        ([None, False], True),
        ([False, ""], True),
        ([0, 1], True),
        (["", "x"], True),
        ([["a"], []], True),
    ],
)
def test_empty_is_no_change_but_zero_and_false_are_values(
    story: Story, value: list[Any], is_told: bool
) -> None:
    story.merge({"field": value})

    assert bool(story.settled()) is is_told


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([("add", ["a", "b"])], [[], ["a", "b"]]),
        ([("delete", ["a"])], [["a"], []]),
        ([("delete", ["a"]), ("add", ["b"])], [["a"], ["b"]]),
        ([("add", ["a"]), ("delete", ["a"])], None),
        ([("delete", ["a"]), ("add", ["a"])], None),
        ([("add", ["a"]), ("add", ["a", "b"]), ("delete", ["c"])], [["c"], ["a", "b"]]),
    ],
)
def test_related_rows_fold_into_removed_and_added(
    story: Story, steps: list[tuple[str, list[str]]], told: list[list[str]] | None
) -> None:
    for verb, names in steps:
        story.merge_names("tags", verb, names)

    assert story.settled() == ({} if told is None else {"tags": told})


def test_fields_are_told_in_order(story: Story) -> None:
    story.merge({"b": [1, 2]})
    story.merge({"a": [1, 2]})

    assert list(story.settled()) == ["a", "b"]


@pytest.mark.parametrize(
    ("action", "verb"),
    [
        (Action.CREATE, "created"),
        (Action.UPDATE, "updated"),
        (Action.DELETE, "deleted"),
        (Action.ACCESS, "read"),
    ],
)
def test_each_action_has_its_verb(action: Action, verb: str) -> None:
    assert action.verb == verb
