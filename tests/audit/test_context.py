from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User

from audit import context
from audit.choices import Source
from audit.errors import MissingContextError
from audit.models import LogEntry
from audit.operations import operation
from registry.models import Tag
from tests.factories import make_user
from tests.trail import written

pytestmark = pytest.mark.django_db


@pytest.mark.without_context
def test_there_is_no_context_unless_somebody_opens_one() -> None:
    assert context.current() is None


@pytest.mark.without_context
def test_a_context_ends_with_its_block() -> None:
    with context.use(source=Source.API, request_id="r1", application="crawler") as given:
        assert context.current() is given
        assert (given.source, given.request_id, given.application) == ("api", "r1", "crawler")

    assert context.current() is None


@pytest.mark.without_context
def test_a_context_ends_with_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), context.use(source="api"):
        raise ZeroDivisionError

    assert context.current() is None


def test_an_inner_context_gives_way_to_the_outer_one() -> None:
    outer = context.current()

    with context.use(source="task"):
        assert context.current() is not outer

    assert context.current() is outer


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(ValueError, match="nowhere"), context.use(source="nowhere"):
        pass


def test_a_request_without_an_id_is_given_one() -> None:
    with context.use(source="api") as first, context.use(source="api") as second:
        assert len(first.request_id) == 32
        assert first.request_id != second.request_id


def test_authentication_names_the_actor_of_the_running_context() -> None:
    user = make_user("ada")

    with context.use(source="api", request_id="r7", remote_addr="203.0.113.9"):
        context.act_as(user, application="crawler")
        with written() as found:
            Tag.objects.create(name="fast", folded="fast")

    entry = found.only
    assert entry.actor == user
    assert (entry.actor_name, entry.application) == ("ada", "crawler")
    assert (entry.source, entry.cid, entry.remote_addr) == ("api", "r7", "203.0.113.9")


def test_authentication_may_name_the_source_too() -> None:
    with context.use(source="admin"):
        context.act_as(None, source="api")

        assert context.current() == context.AuditContext(
            source=Source.API, request_id=getattr(context.current(), "request_id", "")
        )


@pytest.mark.without_context
def test_naming_an_actor_without_a_context_does_nothing() -> None:
    context.act_as(User(username="ada"))

    assert context.current() is None


@pytest.mark.parametrize("nobody", [None, AnonymousUser(), User(username="never stored")])
def test_a_visitor_is_nobody_on_the_trail(nobody: User | AnonymousUser | None) -> None:
    with context.use(source="api", actor=nobody), written() as found:
        Tag.objects.create(name="fast", folded="fast")

    assert found.only.actor is None
    assert found.only.actor_name == ""


@pytest.mark.without_context
@pytest.mark.django_db(transaction=True)
def test_without_a_context_nothing_tracked_is_written() -> None:
    with context.use(source="system"):
        tag = Tag.objects.create(name="fast", folded="fast")
        group = Group.objects.create(name="readers")
    tag.name = "slow"
    group.name = "writers"

    for write in (
        tag.save,
        tag.delete,
        group.save,
        group.delete,
        lambda: Tag.objects.create(name="new", folded="new"),
        lambda: Tag.objects.get_or_create(name="new", folded="new"),
        lambda: Tag.objects.all().delete(),
        lambda: User.objects.create_user("eve"),
        lambda: Group.objects.create(name="eves"),
    ):
        with pytest.raises(MissingContextError, match=r"audit\.context\.use"):
            write()

    assert list(Tag.objects.values_list("name", flat=True)) == ["fast"]
    assert list(Group.objects.values_list("name", flat=True)) == ["readers"]
    assert not User.objects.exists()
    assert LogEntry.objects.count() == 2


@pytest.mark.without_context
def test_an_operation_needs_a_context() -> None:
    with pytest.raises(MissingContextError, match="tag_created"), operation("tag_created"):
        pass


def test_threads_do_not_share_a_context() -> None:
    seen: list[object] = []

    with context.use(source="api"):
        thread = threading.Thread(target=lambda: seen.append(context.current()))
        thread.start()
        thread.join()

    assert seen == [None]
