from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from rest_framework import serializers

from audit import tracking
from audit.choices import Source
from audit.models import LogEntry
from registry.api.base import StaffViewSet
from registry.api.fields import MomentField, find_llm
from registry.api.listing import Listing, Rows, among, exactly
from registry.api.parameters import choice, moment


class SubjectSerializer(serializers.Serializer[Any]):
    """What an event is about; the row itself may be gone."""

    type = serializers.CharField()
    id = serializers.CharField()
    name = serializers.CharField()


class EntrySerializer(serializers.Serializer[Any]):
    """One event. `changes` is {field: [old, new]}, and {field: "changed"} for a key."""

    id = serializers.IntegerField(read_only=True)
    at = MomentField(source="timestamp")
    event = serializers.CharField()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # also an attribute of Field
        choices=Source.choices
    )
    actor = serializers.CharField(source="actor_name")
    application = serializers.CharField()
    object = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()
    details = serializers.SerializerMethodField()
    request_id = serializers.CharField(source="cid", allow_null=True)
    remote_addr = serializers.CharField(allow_null=True)

    def get_object(self, entry: LogEntry) -> SubjectSerializer:
        table = ContentType.objects.get_for_id(entry.content_type_id).model_class()
        known = table is not None and tracking.is_tracked(table)
        return {  # type: ignore[return-value]  # the annotation is for the OpenAPI document
            "type": tracking.of(table).noun if table is not None and known else "",
            "id": entry.object_pk,
            "name": entry.object_repr,
        }

    def get_changes(self, entry: LogEntry) -> dict[str, Any]:
        return entry.changes or {}

    def get_details(self, entry: LogEntry) -> dict[str, Any]:
        return entry.additional_data or {}


def entries_of(row: Model) -> QuerySet[Any]:
    """Return the events about one row, newest first."""
    kind = ContentType.objects.get_for_model(row)
    rows: QuerySet[Any] = LogEntry.objects.filter(content_type=kind, object_pk=str(row.pk))
    return rows


def _about(rows: Rows, value: str) -> Rows:
    """Keep the events about a row: a model by its id or slug, anything else by its id."""
    llm = find_llm(value)
    return rows.filter(object_pk=value) if llm is None else entries_of(llm) & rows


def _of_type(rows: Rows, value: str) -> Rows:
    tables = {tracking.of(table).noun: table for table in tracking.models()}
    table = tables[choice(value, sorted(tables))]
    return rows.filter(content_type=ContentType.objects.get_for_model(table))


class TrailViewSet(StaffViewSet):
    """/api/v1/admin/audit: what happened, newest first; nobody writes here."""

    model = LogEntry
    queryset = LogEntry.objects.all()
    serializer_class = EntrySerializer
    lookup_url_kwarg = "entry"
    listing = Listing(
        filters={
            "event": exactly("event"),
            "source": among("source", Source.values),
            "actor": exactly("actor_name"),
            "application": exactly("application"),
            "object": _about,
            "type": _of_type,
            "from": lambda rows, value: rows.filter(timestamp__gte=moment(value)),
            "to": lambda rows, value: rows.filter(timestamp__lte=moment(value, end=True)),
            "request_id": exactly("cid"),
        },
        orderings=("timestamp",),
        tie="-pk",
    )

    def find(self, name: str) -> LogEntry | None:
        is_id = name.isascii() and name.isdecimal() and len(name) < len(str(2**63))
        found: LogEntry | None = self.get_queryset().filter(pk=name).first() if is_id else None
        return found
