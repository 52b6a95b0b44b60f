"""The lists and single models at the addresses that published clients ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.settings import api_settings

from registry.api import parameters
from registry.api.base import LengthRequiredError
from registry.api.lists.door import JSON, Asked, FormatOf, answer, list_view
from registry.formats.base import ListFormat, encode
from registry.services import llm_uses, model_lists

# The release of Ollama whose answers ours are like: the first that tells capabilities.
OLLAMA_VERSION = "0.6.4"
# Google's client asks /v1 or /v1beta, as its release has it; whoever else is at /v1, too.
_HEADERS_OF = {"HTTP_ANTHROPIC_VERSION": "anthropic", "HTTP_X_GOOG_API_CLIENT": "gemini"}
_FLAGS = {"1": True, "0": False}


def _openai_or_who_says_so(request: HttpRequest, _parts: Mapping[str, str]) -> str:
    """Tell clients of one address apart: by a header of their own, and Codex's parameter."""
    for header, name in _HEADERS_OF.items():
        if header in request.META:
            return name
    return "codex" if "client_version" in request.GET else "openai"


def _always(name: str) -> FormatOf:
    return lambda _request, _parts: name


def _of_address(_request: HttpRequest, parts: Mapping[str, str]) -> str:
    return parts["format_name"]


@list_view(_openai_or_who_says_so)
def models(asked: Asked) -> HttpResponse:
    return _list(asked)


@list_view(_openai_or_who_says_so)
def model(asked: Asked, model_id: str) -> HttpResponse:
    return _single(asked, model_id)


@list_view(_always("gemini"))
def gemini_models(asked: Asked) -> HttpResponse:
    return _list(asked)


@list_view(_always("gemini"))
def gemini_model(asked: Asked, model_id: str) -> HttpResponse:
    return _single(asked, model_id)


@list_view(_always("ollama"))
def ollama_tags(asked: Asked) -> HttpResponse:
    return _list(asked)


@list_view(_always("ollama"), methods=("POST",))
def ollama_show(asked: Asked) -> HttpResponse:
    return _single(asked, _asked_model(asked.request))


@list_view(_always("ollama"))
def ollama_version(_asked: Asked) -> HttpResponse:
    return HttpResponse(encode({"version": OLLAMA_VERSION}), content_type=JSON)


@list_view(_of_address)
def format_list(asked: Asked, format_name: str) -> HttpResponse:
    return _list(asked)


@list_view(_of_address)
def format_single(asked: Asked, format_name: str, model_id: str) -> HttpResponse:
    return _single(asked, model_id)


def _list(asked: Asked) -> HttpResponse:
    query = asked.request.GET
    status = _wants_status(query)
    given = _parameters(query, asked.shape)
    for name, value in given.items():
        if len(value) > parameters.LONGEST_LIST or "\0" in value:
            raise ValidationError({name: [_("This value is too long or has a NUL in it.")]})
    found = model_lists.prepared(asked.format_name, owner_id=asked.owner_id, status=status)
    return answer(asked, found.page(given), found.tag(given))


def _single(asked: Asked, model_id: str) -> HttpResponse:
    status = _wants_status(asked.request.GET)
    found = model_lists.single(asked.format_name, model_id, owner_id=asked.owner_id, status=status)
    if found is None:
        raise NotFound(_("model '%s' not found") % model_id[: parameters.LONGEST])
    llm_uses.note_asked(found.llm_id)
    return answer(asked, found.content, found.tag, found.headers)


def _parameters(query: QueryDict, shape: ListFormat) -> dict[str, str]:
    """Return what the query says of the format's own parameters."""
    given = {name: str(query[name]) for name in shape.parameters if name in query}
    for name in shape.repeated:
        values = [*query.getlist(name), *query.getlist(f"{name}[]")]
        given |= {name: ",".join(map(str, values))} if values else {}
    return given


def _wants_status(query: QueryDict) -> bool:
    text = query.get("status", "0")
    if text not in _FLAGS:
        raise ValidationError({"status": [_("Choose one of: %s.") % "0, 1"]})
    return _FLAGS[text]


def _asked_model(request: HttpRequest) -> str:
    """Return the model that the body names; older clients call it `name`."""
    if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
        raise LengthRequiredError
    parsers: Any = api_settings.DEFAULT_PARSER_CLASSES
    body = parsers[0]().parse(request, JSON, {"request": request})
    name = body.get("model") or body.get("name")
    if not isinstance(name, str):
        raise ValidationError({"model": [_("Name a model.")]})
    return name
