"""The pages that are measured."""

from __future__ import annotations

CHOOSER = "/api/v1/models/generation"
CHOOSER_PAGE = f"{CHOOSER}?page=2&page_size=20"
OTHER_CHOOSER = "/api/v1/models/embedding"
# The bare views of a list: its bytes alone, and its bytes after one primary-key query.
BARE = "/bench/bare/generation"
BYTES = "/bench/bytes/generation"
MODELS = "/v1/models"
BARE_MODELS = "/bench/bare/models"
BYTES_MODELS = "/bench/bytes/models"
PROCESS = "/bench/process"
ADMIN_API = "/api/v1/admin/models?page_size=100"
ADMIN_PAGE = "/admin/registry/llmmodel/"

# What stands in the tables; the chooser list is cold in a process that has not been asked for it.
COLD = "chooser list, first in a process"
NAMES = {
    CHOOSER: "chooser list",
    ADMIN_API: "admin API, up to 100 rows",
    ADMIN_PAGE: "admin page, up to 50 rows",
}
# A role, and the bare view beside it.
RESOLVE = "/api/v1/roles/chat/resolve"
BARE_RESOLVE = "/bench/bare/resolve"
