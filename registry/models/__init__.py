"""The tables, one noun a file."""

from __future__ import annotations

from registry.models.account import KeyRingCanary, PasswordChangeDue
from registry.models.capability import Capability, ModelCapability
from registry.models.change import CatalogueChange
from registry.models.client import Client, ClientModel
from registry.models.connection import Connection
from registry.models.connection_test import ConnectionTest, HealthChange, Sweep
from registry.models.job import Heartbeat, Job
from registry.models.knowledge_base import KnowledgeBase
from registry.models.llm import LLMModel
from registry.models.llm_use import LLMUse
from registry.models.naming import LLMAlias, Tag
from registry.models.platform import Platform
from registry.models.price import Price
from registry.models.provider import Provider, ProviderAlias
from registry.models.request_log import Attempt, IdempotentRequest
from registry.models.revision import Revision
from registry.models.route import Route
from registry.models.token import ApiToken

__all__ = [
    "ApiToken",
    "Attempt",
    "Capability",
    "CatalogueChange",
    "Client",
    "ClientModel",
    "Connection",
    "ConnectionTest",
    "HealthChange",
    "Heartbeat",
    "IdempotentRequest",
    "Job",
    "KeyRingCanary",
    "KnowledgeBase",
    "LLMAlias",
    "LLMModel",
    "LLMUse",
    "ModelCapability",
    "PasswordChangeDue",
    "Platform",
    "Price",
    "Provider",
    "ProviderAlias",
    "Revision",
    "Route",
    "Sweep",
    "Tag",
]
