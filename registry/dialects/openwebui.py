"""Open WebUI: its own paths below /api, otherwise as other compatible servers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from registry.choices import Mode, ProbeCode
from registry.dialects.base import REQUIRED, Dialect, Rule, Target
from registry.dialects.failures import Sign
from registry.dialects.openai_compatible import OpenAICompatible
from registry.dialects.refusals import DETAIL
from registry.dialects.shapes import at


class OpenWebUI(OpenAICompatible):
    """People give the address with and without /api or /api/v1; it means the same."""

    name = "openwebui"
    rule = Rule(api_endpoint=REQUIRED, labels=(("api_endpoint", _("Address of Open WebUI")),))
    modes = (Mode.CHAT, Mode.EMBEDDING)
    ids = ("id", "name")
    signs = (
        # Without a usable key, older versions answer 403.
        Sign(
            ProbeCode.BAD_KEY,
            statuses=(403,),
            shapes=(DETAIL,),
            says=(r"^not authenticated",),
        ),
        Sign(
            ProbeCode.MODEL_MISSING,
            statuses=(400, 404),
            shapes=(DETAIL,),
            says=(r"^model not found",),
        ),
        # What its own upstream said, without code and type.
        Sign(
            ProbeCode.WRONG_OPERATION,
            statuses=(400, 403, 404),
            shapes=(DETAIL,),
            says=(r"does not support (chat|embedding)", r"not a chat model"),
        ),
    )

    def url(self, target: Target, path: str) -> str:
        origin = target.address.removesuffix("/v1").removesuffix("/api")
        return f"{origin}/api/{path}"

    def rows(self, body: Any) -> Any:
        return at(body, "data")

    def may_lack_v1(self, target: Target) -> bool:
        return False


DIALECT: Dialect = OpenWebUI()
