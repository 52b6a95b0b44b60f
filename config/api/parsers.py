"""Reads a request's body as JSON, with bounds on everything that could grow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import (
    APIException,
    ParseError,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.parsers import BaseParser

from config.api.errors import FLATTENED
from registry.outbound.bounded_json import TooDeepError, TooManyMembersError, check_shape
from registry.types import WrittenNumber

MOST_MEMBERS = 10_000  # keys and list elements of a body, all levels together
MOST_DIGITS = 40  # of one number; the widest column holds 15
LONGEST_NAME = 100

_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")


class TooLargeError(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("The body is too large.")
    default_code = "too_large"


@dataclass(frozen=True)
class _Refused:
    """Stands for a value that JSON allows and we do not, until its field is known."""

    message: str
    name: str = ""


class BoundedJSONParser(BaseParser):
    """An object in UTF-8 JSON of at most REGISTRY_MAX_BODY_BYTES, 32 levels, 10,000 members.

    Refuses what libraries disagree about: a key named twice, NaN and Infinity, numbers of more
    than 40 digits, NUL, halves of surrogate pairs, and compressed bodies. A view
    that is sent long lists has `most_members` of its own.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        context = parser_context or {}
        meta = context["request"].META
        _refuse_encodings(meta, media_type or "")
        raw = _read(stream, meta)
        _refuse_shape(raw, getattr(context.get("view"), "most_members", MOST_MEMBERS))
        try:
            body = json.loads(
                raw.decode(),
                parse_int=_whole,
                parse_float=_fraction,
                parse_constant=_constant,
                object_pairs_hook=_object,
            )
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not UTF-8 text.")) from error
        except ValueError as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        problems: dict[str, list[str]] = {}
        _search(body, "", problems)
        # An object that names a key twice has that name; NaN alone has none, and is no object.
        if problems and "" not in problems:
            raise ValidationError(problems)
        if not isinstance(body, dict):
            raise ParseError(_("The body must be a JSON object."))
        return body


def _refuse_encodings(meta: Mapping[str, Any], media_type: str) -> None:
    encoding = meta.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    charset = parse_header_parameters(media_type)[1].get("charset", "utf-8").lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMediaType(encoding, _("Send the body without a content encoding."))
    if charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(media_type, _("Send the body in UTF-8."))


def _read(stream: IO[Any], meta: Mapping[str, Any]) -> bytes:
    limit = settings.REGISTRY_MAX_BODY_BYTES
    length = str(meta.get("CONTENT_LENGTH") or "0")
    if length.isdecimal() and int(length) > limit:
        raise TooLargeError
    raw: bytes = stream.read(limit + 1)
    if len(raw) > limit:
        raise TooLargeError
    return raw


def _refuse_shape(raw: bytes, members: int) -> None:
    """Refuse what would cost much to parse, by looking at what stands outside of strings."""
    try:
        check_shape(raw, members=members)
    except TooManyMembersError as error:
        raise ParseError(_("The body has too many members.")) from error
    except TooDeepError as error:
        raise ParseError(_("The body is nested too deeply.")) from error
    except ValueError as error:
        raise ParseError(_("The body is not valid JSON.")) from error


def _whole(text: str) -> int | _Refused:
    return int(text) if len(text) <= MOST_DIGITS else _Refused(_("This number is too long."))


def _fraction(text: str) -> float | _Refused:
    if len(text) > MOST_DIGITS or not math.isfinite(float(text)):
        return _Refused(_("This number is too long or too large."))
    return WrittenNumber(text)


def _constant(text: str) -> _Refused:
    return _Refused(_("%s is not a number.") % text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Refused:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            return _Refused(_("This is named twice."), _shown(key))
        found[key] = value
    return found


def _search(value: Any, field: str, problems: dict[str, list[str]]) -> None:
    """Note every value that is not allowed under the field it belongs to."""
    if isinstance(value, _Refused):
        problems.setdefault(value.name or field, []).append(value.message)
    elif isinstance(value, str):
        _search_text(value, field, problems)
    elif isinstance(value, list):
        for inner in value:
            _search(inner, field, problems)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _search_text(key, field or "body", problems)
            below = field if field not in ("", *FLATTENED) else _shown(key)
            _search(inner, below, problems)


def _search_text(text: str, field: str, problems: dict[str, list[str]]) -> None:
    if _NOT_TEXT.search(text):
        problems[field] = [_("This has a NUL or half of a surrogate pair in it.")]


def _shown(key: str) -> str:
    return "body" if _NOT_TEXT.search(key) else key[:LONGEST_NAME]
