"""Imports of one person's documents, in the words of the tests about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from registry.models import Connection, LLMModel
from roles.services.legacy_import import Report, import_person
from tests.roles.legacy.documents import (
    put,
)


def of(user: User, slug: str) -> LLMModel:
    found: LLMModel = LLMModel.objects.get(owner=user, slug=slug)
    return found


def connection_of(user: User, slug: str) -> Connection:
    found: Connection = Connection.objects.get(owner=user, slug=slug)
    return found


def run(folder: Path, document: Any = None, **named: Any) -> Report:
    """Import one document for alice."""
    if document is not None:
        put(folder, "alice", registry=document)
    return import_person(folder, "alice", **named)


def told(report: Report) -> list[str]:
    return [str(step) for step in report.changes]
