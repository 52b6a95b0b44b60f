"""For whom an application asks: one statement, since every call for its users begins with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from registry.errors import NotPermittedError
from registry.services.revision import THE_ROW
from roles.services.own_slots import as_read

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from roles.services.own_slots import SlotsRead

_LARGEST_ID = 2**31 - 1

# Whether the actor has the right himself or by a group; who is asked for, by id or by name; and
# what `read_slots` would say of him: a row for each filled slot, at least one.
# By hand: the same in Django's terms takes three queries and as long as all the rest of a call.
_RIGHT_AND_PERSON = """
SELECT
    EXISTS (
        SELECT 1 FROM auth_permission held
        JOIN django_content_type kind ON kind.id = held.content_type_id
        WHERE kind.app_label = 'roles' AND held.codename = 'resolve_for_user' AND (
            EXISTS (
                SELECT 1 FROM auth_user_user_permissions own
                WHERE own.permission_id = held.id AND own.user_id = %s
            ) OR EXISTS (
                SELECT 1 FROM auth_group_permissions given
                JOIN auth_user_groups member ON member.group_id = given.group_id
                WHERE given.permission_id = held.id AND member.user_id = %s
            )
        )
    ),
    person.id,
    person.username,
    revision.number,
    slot.slot,
    slot.builtin,
    slot.llm_id
FROM (SELECT 1) one_row
LEFT JOIN registry_revision revision ON revision.id = %s
LEFT JOIN auth_user person
    ON person.is_active AND (person.id = %s OR person.username = %s)
LEFT JOIN roles_roleslot slot ON slot.owner_id = person.id AND slot.role = %s
"""


def person_asked_for(actor: User, name: str | int, role: str) -> tuple[User | None, SlotsRead]:
    """Return the active user of this name, or of this id where it is a number; None without.

    Beside him stands what fills his own slots of the role. Text is never an id: else whoever
    calls himself `7` would be taken for that user. Of the user only id and name are there.
    Raises NotPermittedError for an actor without the right to resolve for others, whoever is
    named.
    """
    pk = name if isinstance(name, int) and 0 < name <= _LARGEST_ID else None
    username = name if isinstance(name, str) and "\0" not in name else None
    asked = role.strip() if "\0" not in role else ""
    with connection.cursor() as cursor:
        parameters = [actor.pk, actor.pk, THE_ROW, pk, username, asked]
        cursor.execute(_RIGHT_AND_PERSON, parameters)
        rows = cursor.fetchall()
    has_right, found_pk, found_name, *_slot = rows[0]
    if not actor.is_active or not (actor.is_superuser or has_right):
        raise NotPermittedError
    person = None if found_pk is None else type(actor)(pk=found_pk, username=found_name)
    return person, as_read([row[3:] for row in rows])
