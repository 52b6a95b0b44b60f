"""One function for each word of an expectation; a word that has none fails the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.cases import expect_answers, expect_pages, expect_state, expect_tests, expect_trail
from tests.cases.run import Run

Word = Callable[[Run, Any], None]


def check(run: Run, expected: dict[str, Any]) -> None:
    """Compare everything that the case states. An unknown word fails by its name."""
    unknown = set(expected).difference(WORDS, CONDITIONS)
    assert not unknown, f"unknown words: {unknown}"
    for word, value in expected.items():
        if word in WORDS:
            WORDS[word](run, value)
        elif set(run.answer.statuses) & {CONDITIONS[word]}:
            check(run, value)


CONDITIONS = {"if_200": 200, "if_201": 201}
WORDS: dict[str, Word] = {
    "all_items_have": expect_answers.all_items_have,
    "audit": expect_trail.audit,
    "audit_also": expect_trail.audit_also,
    "audit_count": expect_trail.audit_count,
    "audit_entry": expect_trail.audit_entry,
    "choices_exclude": expect_pages.choices_exclude,
    "choices_include": expect_pages.choices_include,
    "columns_include": expect_pages.columns_include,
    "confirm_button": expect_pages.confirm_button,
    "db": expect_state.db,
    "decrypted_equals": expect_state.decrypted_equals,
    "default_count": expect_state.default_count,
    "default_of": expect_state.default_of,
    "each_item_has": expect_answers.each_item_has,
    "each_item_lacks": expect_answers.each_item_lacks,
    "error_on": expect_answers.error_on,
    "exit": expect_state.exit_code,
    "field_values": expect_pages.field_values,
    "filters_include": expect_pages.filters_include,
    "finishes_within_seconds": expect_answers.finishes_within_seconds,
    "hidden": expect_pages.hidden,
    "ids_list": expect_answers.ids_list,
    "ids_set": expect_answers.ids_set,
    "item": expect_answers.item,
    "json_has": expect_answers.json_has,
    "json_lacks": expect_answers.json_lacks,
    "json_lacks_values": expect_answers.json_lacks_values,
    "json_lists": expect_answers.json_lists,
    "json_present": expect_answers.json_present,
    "key_field_value": expect_pages.key_field_value,
    "marked_default": expect_pages.marked_default,
    "message_contains": expect_answers.message_contains,
    "nowhere": expect_trail.nowhere,
    "nowhere_any_part_of_length": expect_trail.nowhere_any_part_of_length,
    "proxy_calls": expect_state.proxy_calls,
    "raises": expect_state.raises,
    "required": expect_pages.required,
    "result": expect_tests.result,
    "result_present": expect_tests.result_present,
    "result_text_lacks": expect_tests.result_text_lacks,
    "status": expect_answers.status,
    "status_any": expect_answers.status_any,
    "status_none": expect_answers.status_none,
    "status_sequence": expect_answers.status_sequence,
    "stored_bytes_differ": expect_state.stored_bytes_differ,
    "stored_bytes_lack": expect_state.stored_bytes_lack,
    "tasks_queued": expect_state.tasks_queued,
    "text_has": expect_answers.text_has,
    "text_lacks": expect_answers.text_lacks,
    "visible": expect_pages.visible,
    "warning_contains": expect_answers.warning_contains,
}
