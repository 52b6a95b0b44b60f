"""A host's page of models, as a person uses it, and a host that lists what a test says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from registry.dialects.base import ListedModel
from registry.models import Connection
from registry.services import host_models
from registry.services.host_models import HostModels
from tests.cases.pages import Node
from tests.registry.admin.visits import Visitor

RIGHTS = ("connection.view", "llmmodel.view", "llmmodel.add", "connectiontest.add")


def page_of(connection: Connection) -> str:
    return reverse("admin:registry_connection_host_models", args=[connection.pk])


def ask(visitor: Visitor, connection: Connection) -> Node:
    return visitor.post(page_of(connection)).page


def offers(page: Node) -> dict[str, Node]:
    return {node.get("data-offer"): node for node in page.having("data-offer")}


def add(visitor: Visitor, connection: Connection, *picked: object, **typed: Any) -> Visitor:
    models = [row if isinstance(row, str) else json.dumps(row) for row in picked]
    data = {"add": "yes", "type": "generation", "dimensions": "", "model": models}
    return visitor.post(page_of(connection), data | typed)


def host(monkeypatch: pytest.MonkeyPatch, *models: ListedModel, is_cut: bool = False) -> None:
    """Let the host list these, as a dialect would read them."""
    monkeypatch.setattr(host_models, "models_of", lambda _: HostModels(list(models), is_cut))
