from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import transaction

from registry.models import LLMUse
from registry.services import llm_uses
from registry.services.deletion import delete_llm
from tests.factories import make_llm
from tests.threads import errors, together

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def test_processes_that_note_at_once_leave_one_row() -> None:
    llm = make_llm()

    def note() -> None:
        """As a process does that has noted nothing yet."""
        with transaction.atomic():
            llm_uses._write([llm_uses._Note(llm.pk, "crawler", "chat", None, NOON)])

    outcomes = together([note] * 8)

    assert errors(outcomes) == []
    assert LLMUse.objects.get().last_used_at == NOON


def test_a_note_beside_the_deletion_leaves_neither_row_nor_error() -> None:
    llm = make_llm()
    llm_uses.forget()

    outcomes = together([lambda: delete_llm(llm), lambda: llm_uses.note(llm.pk, "crawler")])

    assert errors(outcomes) == []
    assert not LLMUse.objects.exists()
