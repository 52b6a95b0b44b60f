from __future__ import annotations

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from registry.api.parameters import whole_number


class PagePagination(PageNumberPagination):
    """`{"count", "next", "previous", "results"}`; 50 rows a page, never more than 200.

    A page beyond the last one is 404; what is no page number at all is 400.
    """

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    last_page_strings = ()

    def get_page_size(self, request: Request) -> int:
        asked = whole_number(request.query_params, "page_size", self.page_size)
        return min(asked, self.max_page_size)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return whole_number(request.query_params, "page", 1)
