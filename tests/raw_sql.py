"""Writing past every rule of the product, as somebody with access to the database could."""

from __future__ import annotations

from typing import Any

from django.db import connection as database


def by_sql(row: Any, **columns: str) -> None:
    """Change columns past every rule of the product."""
    names = ", ".join(f"{name} = %s" for name in columns)
    value = row.pk.hex if database.vendor == "sqlite" and hasattr(row.pk, "hex") else row.pk
    with database.cursor() as cursor:
        cursor.execute(
            f"UPDATE {row._meta.db_table} SET {names} WHERE id = %s", [*columns.values(), value]
        )
        assert cursor.rowcount == 1
