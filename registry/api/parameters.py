"""What stands after the `?` of an address, read strictly."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time
from decimal import Decimal

from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

LARGEST = 2**31 - 1
LONGEST = 200  # characters of one value
LONGEST_LIST = 4_000  # characters of one that is a comma-separated list
LONGEST_NAME = 100  # characters of a name that an answer repeats
_WHOLE_NUMBER = re.compile(r"[0-9]{1,10}")
_USD = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9})?")


class BadValueError(ValueError):
    """The value of one parameter is wrong; its text says why, to people."""


def check(params: QueryDict, known: Collection[str], *, long: Collection[str] = ()) -> None:
    """Refuse parameters that nobody reads: a mistyped filter would show everything."""
    problems: dict[str, list[str]] = {}
    for name, values in params.lists():
        shown = name[:LONGEST_NAME]
        if name not in known:
            problems[shown] = [_("There is no such parameter here.")]
        elif len(values) > 1:
            problems[shown] = [_("Give this parameter once.")]
        elif len(values[0]) > (LONGEST_LIST if name in long else LONGEST) or "\0" in values[0]:
            problems[shown] = [_("This value is too long or has a NUL in it.")]
    if problems:
        raise ValidationError(problems)


def whole_number(params: QueryDict, name: str, default: int) -> int:
    """Return a number from 1 to 2,147,483,647."""
    text = params.get(name)
    if text is None:
        return default
    if not _WHOLE_NUMBER.fullmatch(text) or not 1 <= int(text) <= LARGEST:
        raise ValidationError({name: [_("Give a whole number from 1 on.")]})
    return int(text)


def count(value: str) -> int:
    """Return a number from 0 to 2,147,483,647."""
    if not _WHOLE_NUMBER.fullmatch(value) or int(value) > LARGEST:
        raise BadValueError(_("Give a whole number from 0 to 2,147,483,647."))
    return int(value)


def usd(value: str) -> Decimal:
    """Return a price, exactly as it is written."""
    if not _USD.fullmatch(value):
        raise BadValueError(_("Give a price from 0 to 999,999.999999999, such as 0.25."))
    return Decimal(value)


def texts(value: str) -> list[str]:
    """Return the names of a comma-separated list, each once."""
    return list(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))


def choice(value: str, among: Iterable[str]) -> str:
    known = list(among)
    if value not in known:
        raise BadValueError(_("Choose one of: %s.") % ", ".join(known))
    return value


def moment(value: str, *, end: bool = False) -> datetime:
    """Return an RFC 3339 moment; a bare day is its beginning in UTC, or with `end` its end."""
    try:
        found = parse_datetime(value)
        day = parse_date(value) if found is None or len(value) == len("2026-01-31") else None
    except ValueError:
        found = day = None
    if day is not None:
        return datetime.combine(day, time.max if end else time.min, UTC)
    if found is None or found.tzinfo is None:
        raise BadValueError(_("Give a day (2026-01-31) or a moment (2026-01-31T08:00:00Z)."))
    return found
