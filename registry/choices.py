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


class RouteStatus(models.TextChoices):
    """What a person decided about a route; only an active one is used."""

    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")
    MAINTENANCE = "maintenance", _("Maintenance")


class PriceUnit(models.TextChoices):
    """What a price is for; `field` is its name in requests and answers."""

    INPUT = "input", _("Input")
    OUTPUT = "output", _("Output")
    CACHED_INPUT = "cached_input", _("Cached input")
    CACHE_WRITE = "cache_write", _("Cache write")
    REASONING = "reasoning", _("Reasoning")
    IMAGE = "image", _("Image")
    AUDIO = "audio", _("Audio")
    REQUEST = "request", _("Request")

    @property
    def per(self) -> int:
        """How many of them one price covers: 1,000,000 tokens, or 1 piece."""
        return 1 if self in (PriceUnit.IMAGE, PriceUnit.REQUEST) else 1_000_000

    @property
    def field(self) -> str:
        return f"{self.value}_cost"


class PriceSource(models.TextChoices):
    """Who says a price; what a person typed beats all others."""

    MANUAL = "manual", _("Typed by a person")
    REFERENCE = "reference", _("Reference data")
    SYNC = "sync", _("Price sync")


class PriceState(models.TextChoices):
    """Whether a price counts; one that waits for a decision does not."""

    LIVE = "live", _("Live")
    PENDING = "pending", _("Waiting")
    REJECTED = "rejected", _("Rejected")


class Objective(models.TextChoices):
    """What a selection puts first."""

    BEST = "best", _("Best")
    CHEAPEST = "cheapest", _("Cheapest")
    FASTEST = "fastest", _("Fastest")
    CONTEXT = "context", _("Largest context")


class Mode(models.TextChoices):
    """Which API operation calls the model."""

    CHAT = "chat", _("Chat completion")
    RESPONSES = "responses", _("Responses")
    EMBEDDING = "embedding", _("Embedding")

    @classmethod
    def usual(cls, llm_type: str) -> Mode:
        """Return the mode of a model of this type for which nobody chose one."""
        return cls.EMBEDDING if llm_type == LLMType.EMBEDDING else cls.CHAT


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


class Stage(models.TextChoices):
    """What a connection test proves, in this order."""

    REACH = "reach", _("Reach")
    AUTH = "auth", _("Login")
    MODEL = "model", _("Model")
    INFERENCE = "inference", _("Inference")


class ProbeCode(models.TextChoices):
    """How a call, a stage or a whole connection test ended; services/verdicts.py has the words."""

    OK = "ok", _("Answers")
    OK_TRUNCATED = "ok_truncated", _("Answers, cut short")
    DEGRADED = "degraded", _("Answers after a correction")
    UNREACHABLE = "unreachable", _("Nothing answers")
    TLS = "tls", _("Certificate not valid")
    TIMEOUT = "timeout", _("Timed out")
    BAD_KEY = "bad_key", _("Key refused")
    FORBIDDEN = "forbidden", _("Not allowed")
    NO_CREDIT = "no_credit", _("No credit")
    MODEL_MISSING = "model_missing", _("Model unknown")
    DEPLOYMENT_MISSING = "deployment_missing", _("Deployment unknown")
    WRONG_OPERATION = "wrong_operation", _("Wrong operation")
    BAD_PARAMETER = "bad_parameter", _("Parameter refused")
    RATE_LIMITED = "rate_limited", _("Too many requests")
    OVERLOADED = "overloaded", _("Overloaded")
    SERVER_ERROR = "server_error", _("Provider failed")
    BAD_SHAPE = "bad_shape", _("Unusable answer")
    DIMENSION_MISMATCH = "dimension_mismatch", _("Other dimensions")
    REDIRECTED = "redirected", _("Redirected")
    TOO_LARGE = "too_large", _("Answer too large")
    ENCODING_REFUSED = "encoding_refused", _("Encoding refused")
    ADDRESS_REFUSED = "address_refused", _("Address refused")
    ADDRESS_BLOCKED = "address_blocked", _("Address blocked")
    NEEDS_KEY = "needs_key", _("Needs key")
    CREDENTIAL_UNREADABLE = "credential_unreadable", _("Key cannot be read")
    CANNOT_TEST = "cannot_test", _("Cannot be tested")


class Health(models.TextChoices):
    """What was measured of a model; it never changes the status that a person decided."""

    OK = "ok", _("OK")
    DEGRADED = "degraded", _("Degraded")
    DOWN = "down", _("Down")
    UNKNOWN = "unknown", _("Unknown")


class JobState(models.TextChoices):
    """Where background work stands."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Given up")


class JobKind(models.TextChoices):
    """What background work is about; registry/jobs.py names the task of each."""

    CONNECTION_TEST = "connection_test", _("Connection test")
    HOST_MODELS = "host_models", _("Models of a host")


class ReasoningEffort(models.TextChoices):
    """How hard a reasoning model may think in a probe."""

    NONE = "none", _("None")
    MINIMAL = "minimal", _("Minimal")
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


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
    AVAILABILITY_REPORT = "availability:report", _("Register clients and report availability")
    ROLES_READ = "roles:read", _("Read and resolve one's own roles and records")
    ROLES_WRITE = "roles:write", _("Change one's own roles and records")
    SECRETS_RESOLVE = "secrets:resolve", _("Have keys revealed when roles are resolved")
    ROLES_FOR_USER = "roles:resolve_for_user", _("Resolve roles for other users")


class HolderState(models.TextChoices):
    """What a client can do now with a model that it holds."""

    READY = "ready", _("Ready")
    COOLING = "cooling", _("Cooling down")
    OFF = "off", _("Suspended")


class HostType(models.TextChoices):
    """What software a host runs: how its models are listed and called."""

    OPENWEBUI = "openwebui", "Open WebUI"
    OPENAI = "openai", _("OpenAI-compatible")
    OLLAMA = "ollama", "Ollama"


class Transport(models.TextChoices):
    """How an application reaches a model of a person's own; empty is its provider's dialect."""

    CLAUDE_CLI = "claude_cli", _("Claude CLI")
    GEMINI_CLI = "gemini_cli", _("Gemini CLI")
    GEMINI_API = "gemini_api", _("Gemini API")
    LOCAL_OPENAI = "local_openai", _("OpenAI-compatible host")
