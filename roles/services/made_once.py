"""Queries whose SQL is made once in a process.

Django makes the SQL of a query anew each time it is asked. For a wide one, or a union, that takes
several times what the database needs, and each answer for a role would wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection as database

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet


@dataclass(frozen=True)
class _Made:
    """SQL with its parameters, and which of them each value takes the place of."""

    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]  # of a parameter, of a value
    converters: dict[int, tuple[list[Callable[..., Any]], Any]]


class MadeOnce:
    """A query as `values_list` gives it; `make` is called with marks in the place of values.

    A mark is a value of the right kind that stands nowhere else in the query.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]], *marks: Any) -> None:
        self._make = make
        self._marks = marks
        self._made: dict[str, _Made] = {}

    def rows(self, *values: Any) -> list[list[Any]]:
        """Return the rows for these values, which are in the database's own form."""
        made = self._made.get(database.vendor) or self._learn()
        parameters = list(made.parameters)
        for parameter, value in made.places:
            parameters[parameter] = values[value]
        with database.cursor() as cursor:
            cursor.execute(made.sql, parameters)
            rows = cursor.fetchall()
        return [_converted(row, made) for row in rows]

    def _learn(self) -> _Made:
        query: Any = self._make(*self._marks).query
        compiler = query.get_compiler(connection=database)
        sql, parameters = compiler.as_sql()
        forms = [
            (number, form)
            for number, mark in enumerate(self._marks)
            for form in (mark, getattr(mark, "hex", mark))  # of a UUID, as SQLite has it
        ]
        places = tuple(
            (place, number)
            for place, parameter in enumerate(parameters)
            for number in {number for number, form in forms if form == parameter}
        )
        if {number for _place, number in places} != set(range(len(self._marks))):
            raise ValueError("a value has no place in the query")
        columns = [column for column, *_rest in compiler.select]
        made = _Made(sql, tuple(parameters), places, compiler.get_converters(columns))
        self._made[database.vendor] = made
        return made


def _converted(row: Sequence[Any], made: _Made) -> list[Any]:
    values = list(row)
    for place, (converters, column) in made.converters.items():
        for convert in converters:
            values[place] = convert(values[place], column, database)
    return values
