from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from audit import sentences
from audit.models import LogEntry
from registry.models import Connection, LLMModel, Provider
from tests.factories import make_llm, make_provider, make_user
from tests.trail import written

pytestmark = pytest.mark.django_db


def entry(
    event: str,
    changes: dict[str, Any] | None = None,
    *,
    model: type = LLMModel,
    label: str = "GPT-4o",
    **payload: Any,
) -> LogEntry:
    return LogEntry(
        event=event,
        content_type=ContentType.objects.get_for_model(model),
        object_repr=label,
        changes=changes or {},
        additional_data=payload or None,
    )


@pytest.mark.parametrize(
    ("event", "changes", "said"),
    [
        ("model_created", {"name": [None, "GPT-4o"]}, "created the model GPT-4o"),
        ("model_deleted", {"name": ["GPT-4o", None]}, "deleted the model GPT-4o"),
        (
            "model_updated",
            {"name": ["GPT 4o", "GPT-4o"]},
            "changed the model GPT-4o: name GPT 4o → GPT-4o",
        ),
        (
            "model_updated",
            {"status": ["inactive", "active"]},
            "changed the model GPT-4o: status Inactive → Active",
        ),
        (
            "model_updated",
            {"context_window": [None, 128000]},
            "changed the model GPT-4o: context window – → 128000",  # noqa: RUF001
        ),
        (
            "model_updated",
            {"normalize": [True, False]},
            "changed the model GPT-4o: normalise yes → no",
        ),
        ("model_updated", {"api_key": "changed"}, "changed the model GPT-4o: key changed"),
        (
            "model_updated",
            {"capabilities.vision": [None, True]},
            "changed the model GPT-4o: capability vision – → yes",  # noqa: RUF001
        ),
        (
            "price_changed",
            {"pricing.input_cost": ["2.5", "2"], "pricing.cached_input_cost": [None, "1"]},
            "changed price of GPT-4o: input 2.5 → 2; cached input – → 1",  # noqa: RUF001
        ),
        (
            "price_changed",
            {"pricing.output_cost>=200000@gpt-4o@azure": ["9", None]},
            "changed price of GPT-4o: output from 200,000 prompt tokens over gpt-4o@azure 9 → –",  # noqa: RUF001
        ),
        ("price_changed", {}, "changed price of GPT-4o"),
        ("price_changed", {"name": ["a", "b"]}, "changed price of GPT-4o: name a → b"),
        (
            "model_updated",
            {"pricing.request_cost": [None, "0.01"]},
            "changed the model GPT-4o: price of request – → 0.01",  # noqa: RUF001
        ),
        (
            "model_updated",
            {"tags": [["old"], ["fast", "new"]]},
            "changed the model GPT-4o: tags removed: old, added: fast, new",
        ),
        ("model_updated", {"tags": [[], ["fast"]]}, "changed the model GPT-4o: tags added: fast"),
        ("model_weighed", {}, "model weighed GPT-4o"),
    ],
)
def test_an_event_is_one_plain_sentence(event: str, changes: dict[str, Any], said: str) -> None:
    assert sentences.sentence(entry(event, changes)) == said


def test_facts_follow_the_deed() -> None:
    blocked = entry("model_delete_blocked", knowledge_bases=["Docs", "Legal"], is_default=True)

    said = sentences.sentence(blocked)

    assert said == "could not delete the model GPT-4o: knowledge bases Docs, Legal; default"


def test_a_new_default_names_the_one_before_and_not_its_id() -> None:
    chosen = entry(
        "model_set_default",
        {"is_default": [False, True]},
        previous_default="Claude",
        previous_default_id="6f1c",
    )

    assert sentences.sentence(chosen) == "made the model GPT-4o the default: default before Claude"


def test_many_changes_are_counted() -> None:
    changes = {name: [1, 2] for name in ("batch_size", "dimensions", "max_tokens", "top_k")}

    said = sentences.sentence(entry("model_updated", changes))

    assert said.endswith("; and 1 more")
    assert said.count("→") == sentences.MOST_CHANGES


def test_long_values_are_cut_to_one_line() -> None:
    said = sentences.sentence(entry("model_updated", {"description": ["", "word\n" * 100]}))

    assert "\n" not in said
    assert said.endswith("…")
    assert len(said) < 150


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("login", "logged in"),
        ("logout", "logged out"),
        ("login_failed", "failed to log in as anna"),
        ("password_changed", "changed the password of anna"),
        ("password_set", "set a new password for anna"),
    ],
)
def test_people_have_their_own_sentences(event: str, said: str) -> None:
    secret = {"password": "changed"} if event.startswith("password") else {}

    assert sentences.sentence(entry(event, secret, model=User, label="anna")) == said


def test_the_sentences_of_real_events_have_no_leftovers() -> None:
    provider = make_provider("acme")
    with written() as events:
        llm = make_llm(provider=provider, name="Fast one")
        user = make_user("anna", groups=["readers"])
        llm.delete()
        user.delete()

    for event in events:
        said = sentences.sentence(event)
        assert said
        assert "%(" not in said
        assert "None" not in said


def test_the_table_has_each_field_with_both_sides() -> None:
    rows = sentences.changes(
        entry("model_updated", {"status": ["beta", "active"], "api_key": "changed"})
    )

    assert rows == [
        sentences.Row("status", "Beta", "Active"),
        sentences.Row("key", "", "changed"),
    ]


def test_facts_are_a_table_too() -> None:
    rows = sentences.facts(entry("model_delete_blocked", knowledge_bases=["Docs", "Legal"]))

    assert rows == [sentences.Row("knowledge bases", "", "Docs, Legal")]


def test_an_event_about_a_table_that_is_gone_still_reads() -> None:
    old = entry("price_updated", {"usd": ["1", "2"]})
    old.content_type = ContentType.objects.create(app_label="registry", model="oldprice")

    assert sentences.sentence(old) == "changed the oldprice GPT-4o: usd 1 → 2"
    assert sentences.model_of(old) is None


def test_a_json_column_is_told_whole() -> None:
    said = sentences.sentence(
        entry("provider_updated", {"features": [{}, {"batch": True}]}, model=Provider)
    )

    assert said == 'changed the provider GPT-4o: features – → {"batch": true}'  # noqa: RUF001


def test_an_event_has_a_label_for_filters() -> None:
    assert sentences.event_label("knowledge_base_updated") == "Knowledge base updated"


FOUND: dict[str, Any] = {
    "success": False,
    "code": "bad_key",
    "message": "The provider refuses the key. Replace the key.",
    "inference": True,
    "test": "0b1f",
    "attempt": 1,
}


def test_a_test_is_told_by_what_it_found() -> None:
    told = entry("model_tested", **FOUND)

    assert sentences.sentence(told) == (
        "tested the model GPT-4o: The provider refuses the key. Replace the key."
    )
    assert [(fact.name, fact.after) for fact in sentences.facts(told)] == [
        ("success", "no"),
        ("result", "bad_key"),
        ("message", "The provider refuses the key. Replace the key."),
        ("with inference", "yes"),
        ("id of the test", "0b1f"),
        ("attempt", "1"),
    ]


def test_a_test_of_unsaved_settings_says_so() -> None:
    told = entry("model_tested", unsaved=True, **FOUND)

    assert sentences.sentence(told).startswith("tested the model GPT-4o: not saved; The provider")


def test_a_long_message_is_cut() -> None:
    told = entry("connection_tested", model=Connection, label="Team", message="word " * 100)

    said = sentences.sentence(told)
    assert said.startswith("tested the connection Team: word word")
    assert said.endswith("…")
    assert len(said) < 200
