"""Choosing models and routes by what is required of them: the entry for code in this project.

docs/selection.md has the rules, and examples of a planner, an agent and a tool.
"""

from __future__ import annotations

from registry.services.costs import Cost, Usage
from registry.services.selection.choosing import (
    capability_search,
    find_best,
    find_model,
    matching,
    query,
)
from registry.services.selection.conditions import (
    is_contradictory,
    of_provider,
    served_over,
    unknown_capabilities,
)
from registry.services.selection.matrix import DERIVED, capability_matrix, capability_rows
from registry.services.selection.offers import (
    ModelOffer,
    PlatformOffer,
    RouteOffer,
    cheapest_route,
    compare_models,
    compare_platforms,
    offers_of,
    request_cost,
)
from registry.services.selection.ranking import rank
from registry.services.selection.recommending import (
    Ranked,
    Reason,
    Recommendation,
    Rejected,
    recommend,
)
from registry.services.selection.replacing import alternatives, cheaper
from registry.services.selection.requirements import MOST_RESULTS, Requirements
from registry.services.selection.routes import (
    availability,
    best_route,
    fallback_chain,
    routes_for_model,
    usable_routes,
)
from registry.services.selection.searching import search

__all__ = [
    "DERIVED",
    "MOST_RESULTS",
    "Cost",
    "ModelOffer",
    "PlatformOffer",
    "Ranked",
    "Reason",
    "Recommendation",
    "Rejected",
    "Requirements",
    "RouteOffer",
    "Usage",
    "alternatives",
    "availability",
    "best_route",
    "capability_matrix",
    "capability_rows",
    "capability_search",
    "cheaper",
    "cheapest_route",
    "compare_models",
    "compare_platforms",
    "fallback_chain",
    "find_best",
    "find_model",
    "is_contradictory",
    "matching",
    "of_provider",
    "offers_of",
    "query",
    "rank",
    "recommend",
    "request_cost",
    "routes_for_model",
    "search",
    "served_over",
    "unknown_capabilities",
    "usable_routes",
]
