"""The pages that are measured."""

from __future__ import annotations

CHOOSER = "/api/v1/models/generation"
BARE = "/bench/bare/generation"
PROCESS = "/bench/process"
ADMIN_API = "/api/v1/admin/models?page_size=100"
ADMIN_PAGE = "/admin/registry/llmmodel/"

# What stands in the tables; the chooser list is cold when the catalogue has just changed.
COLD = "chooser list, first after a change"
NAMES = {CHOOSER: "chooser list", ADMIN_API: "admin API, 100 rows", ADMIN_PAGE: "admin page"}
