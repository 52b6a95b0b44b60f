"""The tests of a person's own models and connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.permissions import BasePermission

from registry.api.connection_tests import ORDERINGS, RESULTS, ConnectionTestViewSet
from registry.api.listing import Listing
from registry.models import ConnectionTest
from roles.api.permissions import OwnRecordsPermission


class OwnTestViewSet(ConnectionTestViewSet):
    """/api/v1/my/tests: newest first; read only."""

    permission_classes: Sequence[type[BasePermission]] = (OwnRecordsPermission,)
    listing = Listing(filters=RESULTS, orderings=ORDERINGS, tie="-pk")

    def get_queryset(self) -> QuerySet[Any]:
        mine = self.request.user.pk
        rows: QuerySet[Any] = ConnectionTest.objects.with_links().newest_first()
        return rows.filter(Q(llm__owner=mine) | Q(connection__owner=mine))
