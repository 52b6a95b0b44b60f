from __future__ import annotations

from django.db import models


class Revision(models.Model):
    """One row. Its number moves with every catalogue write, in the write's own transaction.

    Locking it makes catalogue writers take turns; reading it tells whether prepared answers
    still hold.
    """

    number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)
