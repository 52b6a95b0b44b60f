"""Azure OpenAI: deployments in a resource, in the classic form or in that of /openai/v1."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from registry.choices import Mode
from registry.dialects.base import REQUIRED, Check, Dialect, Rule, Target
from registry.dialects.calling import credential, quoted
from registry.dialects.chat_completions import ChatCompletions
from registry.dialects.probes import mode_of
from registry.outbound.calls import Credential

# The newest version that is not a preview.
API_VERSION = "2024-10-21"


class Azure(ChatCompletions):
    """A deployment is named by the path, or as the model where the address ends in /openai/v1."""

    name = "azure"
    rule = Rule(
        api_endpoint=REQUIRED,
        labels=(("model_id", _("Deployment name")), ("api_endpoint", _("Resource address"))),
    )
    limit = "max_completion_tokens"
    sends_options = True

    def credential(self, target: Target) -> Credential | None:
        return credential(target, "api-key")

    def has_mode(self, target: Target) -> bool:
        is_known = _is_v1(target) or mode_of(target) != Mode.RESPONSES
        return is_known and super().has_mode(target)

    def checks(self, target: Target) -> tuple[Check, ...]:
        # The list is of base models: it proves the key, and no deployment. Proxies lack it.
        return (self.list_check(target, optional=True),)

    def url(self, target: Target, path: str) -> str:
        if _is_v1(target):
            return super().url(target, path)
        below = "" if path == "models" else f"deployments/{quoted(target.model_id)}/"
        resource = target.address.removesuffix("/openai")
        return f"{resource}/openai/{below}{path}?api-version={API_VERSION}"

    def addressed(self, target: Target, body: dict[str, Any]) -> dict[str, Any]:
        return super().addressed(target, body) if _is_v1(target) else body


def _is_v1(target: Target) -> bool:
    return target.address.endswith("/openai/v1")


DIALECT: Dialect = Azure()
