"""The pages that are measured."""

from __future__ import annotations

CHOOSER = "/api/v1/models/generation"
CHOOSER_PAGE = f"{CHOOSER}?page=2&page_size=20"
OTHER_CHOOSER = "/api/v1/models/embedding"
BARE = "/bench/bare/generation"
PROCESS = "/bench/process"
ADMIN_API = "/api/v1/admin/models?page_size=100"
ADMIN_PAGE = "/admin/registry/llmmodel/"

# What stands in the tables; the chooser list is cold when the catalogue has just changed.
COLD = "chooser list, first after a change"
NAMES = {
    CHOOSER: "chooser list",
    ADMIN_API: "admin API, up to 100 rows",
    ADMIN_PAGE: "admin page, up to 50 rows",
}
