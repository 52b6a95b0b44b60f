"""The closed lists of the domain."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class LLMType(models.TextChoices):
    """What a model is used for."""

    EMBEDDING = "embedding", _("Embedding")
    GENERATION = "generation", _("Generation")
    NER = "ner", _("Entity recognition")


class LLMStatus(models.TextChoices):
    """What a person decided about a model; measured health stands beside it."""

    ACTIVE = "active", _("Active")
    BETA = "beta", _("Beta")
    INACTIVE = "inactive", _("Inactive")
    DEPRECATED = "deprecated", _("Deprecated")


class CatalogueStatus(models.TextChoices):
    """The state of a provider or a platform."""

    ACTIVE = "active", _("Active")
    BETA = "beta", _("Beta")
    DEPRECATED = "deprecated", _("Deprecated")


class Mode(models.TextChoices):
    """Which API operation calls the model."""

    CHAT = "chat", _("Chat completion")
    RESPONSES = "responses", _("Responses")
    EMBEDDING = "embedding", _("Embedding")


class DistanceMetric(models.TextChoices):
    """How two vectors of an embedding model are compared."""

    COSINE = "cosine", _("Cosine")
    DOT = "dot", _("Dot product")
    EUCLIDEAN = "euclidean", _("Euclidean")


class QualityTier(models.TextChoices):
    """A coarse rank that people give a model."""

    BEST = "best", _("Best")
    BALANCED = "balanced", _("Balanced")
    CHEAP = "cheap", _("Cheap")
    UNKNOWN = "unknown", _("Unknown")


class ProviderKind(models.TextChoices):
    """Whether a provider makes models or only serves those of others."""

    MAKER = "maker", _("Maker")
    SERVICE = "service", _("Service")


class Dialect(models.TextChoices):
    """How to speak to a provider's API; the rules of each are in provider_rules.py."""

    OPENAI = "openai", "OpenAI"
    AZURE = "azure", "Azure OpenAI"
    GEMINI = "gemini", "Gemini"
    ANTHROPIC = "anthropic", "Anthropic"
    COHERE = "cohere", "Cohere"
    OLLAMA = "ollama", "Ollama"
    OPENAI_COMPATIBLE = "openai_compatible", _("OpenAI-compatible")
    OPENWEBUI = "openwebui", "Open WebUI"


class AuthType(models.TextChoices):
    """How a platform lets callers in."""

    API_KEY = "api_key", _("API key")
    OAUTH = "oauth", "OAuth"
    NONE = "none", _("None")


class ConnectionKind(models.TextChoices):
    """What a connection stands for."""

    ACCOUNT = "account", _("Account")
    HOST = "host", _("Host")
    CLI = "cli", _("Command-line login")


class ConnectionState(models.TextChoices):
    """Whether a connection can be used as it is."""

    READY = "ready", _("Ready")
    KEYLESS = "keyless", _("No key needed")
    NEEDS_KEY = "needs_key", _("Needs key")
    ADDRESS_BLOCKED = "address_blocked", _("Address blocked")


class KnowledgeBaseStatus(models.TextChoices):
    """Whether a knowledge base is in use; an archived one still needs its models."""

    ACTIVE = "active", _("Active")
    ARCHIVED = "archived", _("Archived")


class Scope(models.TextChoices):
    """What an application's token may ask for, at most; its user's rights bound it further."""

    CATALOGUE_READ = "catalogue:read", _("Read the model lists")
    ADMIN_READ = "admin:read", _("Read the administration API")
    ADMIN_WRITE = "admin:write", _("Change the catalogue")
