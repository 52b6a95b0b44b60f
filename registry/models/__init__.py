"""The tables, one noun a file."""

from __future__ import annotations

from registry.models.account import KeyRingCanary, PasswordChangeDue
from registry.models.capability import Capability, ModelCapability
from registry.models.connection import Connection
from registry.models.knowledge_base import KnowledgeBase
from registry.models.llm import LLMModel
from registry.models.naming import LLMAlias, Tag
from registry.models.platform import Platform
from registry.models.provider import Provider, ProviderAlias
from registry.models.request_log import Attempt, IdempotentRequest
from registry.models.revision import Revision
from registry.models.token import ApiToken

__all__ = [
    "ApiToken",
    "Attempt",
    "Capability",
    "Connection",
    "IdempotentRequest",
    "KeyRingCanary",
    "KnowledgeBase",
    "LLMAlias",
    "LLMModel",
    "ModelCapability",
    "PasswordChangeDue",
    "Platform",
    "Provider",
    "ProviderAlias",
    "Revision",
    "Tag",
]
