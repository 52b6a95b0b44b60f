"""The chooser lists: plain views over prepared bytes, since applications read them often."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

from registry.api import parameters
from registry.api.authentication import session_user_of, token_of
from registry.api.conditions import is_known
from registry.api.permissions import may_read_lists
from registry.api.plain import JSON, answer_method, refusal
from registry.api.throttles import take_turn
from registry.choices import LLMType
from registry.services import chooser

METHODS = ("GET", "HEAD")
PAGED = ("page", "page_size")
LARGEST_PAGE = 200

Prepare = Callable[[QueryDict], tuple[int, bytes]]
View = Callable[[HttpRequest], HttpResponse]


def _list(llm_type: str) -> Prepare:
    def prepare(params: QueryDict) -> tuple[int, bytes]:
        if not params:
            return chooser.chooser_list(llm_type)
        parameters.check(params, PAGED)
        page = parameters.whole_number(params, "page", 1)
        size = min(parameters.whole_number(params, "page_size", LARGEST_PAGE), LARGEST_PAGE)
        return chooser.chooser_list(llm_type, page=page, page_size=size)

    return prepare


def _available(params: QueryDict) -> tuple[int, bytes]:
    parameters.check(params, ())
    return chooser.available()


def _view(prepare: Prepare) -> View:
    """Return the view that answers with what `prepare` has, to whom may read it."""

    @csrf_exempt  # it changes nothing
    @wraps(prepare)
    def view(request: HttpRequest) -> HttpResponse:
        try:
            _let_in(request)
            if request.method not in METHODS:
                return answer_method(request, METHODS)
            revision, content = prepare(request.GET)
        except Exception as error:  # noqa: BLE001  # answered, or raised again
            return refusal(error, request, METHODS)
        tag = f'"{revision}"'
        if is_known(request.META.get("HTTP_IF_NONE_MATCH"), tag):
            response = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
        else:
            response = HttpResponse(content, content_type=JSON)
        response.headers["ETag"] = tag
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Authorization, Cookie"
        return response

    return view


def _let_in(request: HttpRequest) -> None:
    token = token_of(request)
    user = session_user_of(request) if token is None else None
    if not may_read_lists(user, token):
        raise exceptions.NotAuthenticated if token is None else exceptions.PermissionDenied
    if settings.REGISTRY_READS_PER_MINUTE:
        take_turn(request, user, token)


embedding = _view(_list(LLMType.EMBEDDING.value))
generation = _view(_list(LLMType.GENERATION.value))
ner = _view(_list(LLMType.NER.value))
available = _view(_available)
