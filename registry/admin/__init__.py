"""The admin, one page a file; importing it registers every page."""

from __future__ import annotations

from registry.admin import accounts as accounts
from registry.admin import clients as clients
from registry.admin import connection_tests as connection_tests
from registry.admin import connections as connections
from registry.admin import knowledge_bases as knowledge_bases
from registry.admin import llms as llms
from registry.admin import platforms as platforms
from registry.admin import prices as prices
from registry.admin import providers as providers
from registry.admin import routes as routes
from registry.admin import tags as tags
from registry.admin import tokens as tokens
