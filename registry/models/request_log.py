from __future__ import annotations

from django.db import models


class IdempotentRequest(models.Model):
    """A POST that was carried out, and its answer, kept for repeats under the same key.

    `who` is the user; `body_digest` is keyed, since a body may hold a secret. The answer is
    what the caller saw, which never holds one.
    """

    who = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    target = models.CharField(max_length=300)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    location = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("who", "key"), name="registry_idempotent_once"),
        )

    def __str__(self) -> str:
        return f"{self.target} {self.key}"


class Attempt(models.Model):
    """How often something was tried in the running window; one row per bucket, counted in SQL."""

    bucket = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.bucket}: {self.count}"
