"""One page of many rows, and the addresses of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator

if TYPE_CHECKING:
    from django.http import HttpRequest

PAGE_PARAMETER = "p"


@dataclass(frozen=True)
class PageOfRows:
    """The rows of one page; `previous` and `following` are addresses, empty at the ends."""

    rows: list[Any]
    number: int
    page_count: int
    total: int
    first_place: int
    previous: str
    following: str

    @property
    def last_place(self) -> int:
        return self.first_place + len(self.rows) - 1


def page_of(request: HttpRequest, rows: Any, size: int) -> PageOfRows:
    """Return the page that the address asks for; what is no page is the first or the last."""
    page = Paginator(rows, size).get_page(request.GET.get(PAGE_PARAMETER))
    return PageOfRows(
        rows=list(page.object_list),
        number=page.number,
        page_count=page.paginator.num_pages,
        total=page.paginator.count,
        first_place=page.start_index(),
        previous=address(request, page=page.number - 1) if page.has_previous() else "",
        following=address(request, page=page.number + 1) if page.has_next() else "",
    )


def address(request: HttpRequest, *, page: int = 1, **changed: str) -> str:
    """Return this page's own address with another page of rows, and other answers to its form."""
    query = request.GET.copy()
    query.pop(PAGE_PARAMETER, None)
    for name, value in changed.items():
        query[name] = value
    if page > 1:
        query[PAGE_PARAMETER] = str(page)
    return f"?{query.urlencode()}" if query else request.path
