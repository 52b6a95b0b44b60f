"""What roles run on when nobody has chosen: variables that older installations know, too."""

from __future__ import annotations

from config import env
from registry.types import Secret

# Model of the built-in claude_cli.
DEFAULT_MODEL = env.text("DEFAULT_MODEL", "claude-sonnet-4-6")
# Model of the built-in gemini_api.
ORCHESTRATOR_MODEL = env.text("ORCHESTRATOR_MODEL", "gemini-2.5-flash")
# The server's own Gemini key; it goes to Google's own address only.
GEMINI_API_KEY = Secret(env.text("GEMINI_API_KEY"))
# Where a legacy local_llm.json leaves these out.
LOCAL_API_URL = env.text("LOCAL_API_URL")
# Key of that address.
LOCAL_API_KEY = Secret(env.text("LOCAL_API_KEY"))
# Model of that address.
LOCAL_MODEL = env.text("LOCAL_MODEL")
# `local` lets a legacy document's active model fill the role distill, too.
DISTILL_BACKEND = env.text("DISTILL_BACKEND")
# Roles that are always there; staff may add more.
DEFINED_ROLES = env.role_names("DEFINED_ROLES", "chat,orchestrator,distill,coder,research")
# ROLE_CHAT and so on: the built-in that answers when no slot does.
ROLE_DEFAULTS = env.prefixed("ROLE_")
