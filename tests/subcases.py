"""Many cases on the rows of one set-up, where setting up costs more than the cases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from registry.services import chooser, llm_uses, model_lists
from roles.services import prepared


def forget_answers() -> None:
    """Forget prepared answers: another case's database was at the same revision, too."""
    chooser.forget()
    llm_uses.forget()
    model_lists.forget()
    prepared.forget()


@contextmanager
def case(subtests: pytest.Subtests, **named: Any) -> Iterator[None]:
    """Run one of a test's cases by itself: a failure names it, and what it wrote is undone."""
    forget_answers()
    with subtests.test(**named), transaction.atomic():
        yield
        transaction.set_rollback(True)
