"""What the services refuse, each with a stable code."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _


class RegistryError(Exception):
    """A rule was broken. The API answers `status` with `code`, the admin shows the message."""

    code = "refused"
    status = 409
    message: Any = _("This cannot be done.")

    def __init__(self, message: Any = None, **extra: Any) -> None:
        self.message = message or self.message
        self.extra = extra
        super().__init__(str(self.message))


class InUseError(RegistryError):
    """Something depends on the row; `extra` names it."""

    code = "in_use"
    message = _("This is in use and cannot be deleted.")


class IsDefaultError(RegistryError):
    code = "is_default"
    message = _("This is the default of its type. Choose another default first.")


class NotActiveError(RegistryError):
    code = "not_active"
    message = _("Only an active model can be the default.")


class NotSharedError(RegistryError):
    code = "not_shared"
    message = _("Only a shared model can be the default.")


class SharedConnectionError(RegistryError):
    code = "shared_connection"
    message = _(
        "This model uses a shared connection. Change the key or address on the connection itself."
    )


class PrivateConnectionError(RegistryError):
    code = "private_connection"
    message = _("This connection is part of a model. Change its key and address on the model.")


class StaleRevisionError(RegistryError):
    """Someone else has written the row since it was read."""

    code = "stale_revision"
    status = 412
    message = _("Someone else has changed this in the meantime. Look at it again, then save.")


class DoesNotFitError(RegistryError):
    code = "does_not_fit"
    message = _("The replacement has other dimensions or another distance metric.")


class CredentialUnreadableError(RegistryError):
    """The stored key cannot be read: wrong key ring, damaged, or moved from another row."""

    code = "credential_unreadable"
    message = _("The stored key cannot be read. Enter it again.")


class NeedsKeyError(RegistryError):
    code = "needs_key"
    message = _("This connection has no key.")


class NotPermittedError(RegistryError):
    code = "permission_denied"
    status = 403
    message = _("You are not allowed to do this.")


class TooManyAttemptsError(RegistryError):
    """Asked too often; `retry_after` is in seconds."""

    code = "throttled"
    status = 429
    message = _("Too many attempts. Try again later.")

    def __init__(self, retry_after: int) -> None:
        super().__init__(None, retry_after=retry_after)
        self.retry_after = retry_after


class IdempotencyConflictError(RegistryError):
    code = "idempotency_conflict"
    status = 422
    message = _("This Idempotency-Key was used for another request.")


class KeyRingError(RegistryError):
    """The key ring does not open what the database holds."""

    code = "key_ring"
    status = 503
    message = _("The key ring does not match this database.")


class GoneError(RegistryError):
    code = "not_found"
    status = 404
    message = _("This has been deleted in the meantime.")


class BrokerUnavailableError(RegistryError):
    """The work is stored and will be done, but no worker could be told of it now.

    `extra` names the job; `retry_after` is in seconds.
    """

    code = "broker_unavailable"
    status = 503
    message = _("This is stored and will run as soon as the message broker answers again.")

    def __init__(self, retry_after: int = 10, **extra: Any) -> None:
        super().__init__(None, retry_after=retry_after, **extra)
        self.retry_after = retry_after


class LeaseLostError(RegistryError):
    """Another worker has taken the job over; what this one found does not count."""

    code = "lease_lost"
    message = _("Another worker has taken this over.")


class HostBusyError(RegistryError):
    """As many calls as allowed run against this host already."""

    code = "host_busy"
    status = 503
    message = _("This host is being asked as often as allowed already. Try again shortly.")

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__(None, retry_after=retry_after)
        self.retry_after = retry_after


class ProviderRefusedError(RegistryError):
    """The far side gave no usable answer; `extra` has the code and what to do."""

    code = "provider_failed"
    status = 502
    message = _("The provider gave no usable answer.")


class NotFoundError(RegistryError):
    code = "not_found"
    status = 404
    message = _("There is nothing of this name.")


class PriceUnknownError(RegistryError):
    """A price that the question needs is not known; `extra` names the units.

    A partial sum would look like a bargain.
    """

    code = "price_unknown"
    message = _("A price that this needs is not known.")


class NotRegisteredError(RegistryError):
    """No such client, or it does not hold this model: nothing was done."""

    code = "not_registered"
    status = 404
    message = _("This client has not registered this model.")


class NoneListedError(RegistryError):
    code = "none_listed"
    message = _("No model is listed: no client offers one.")


class NoneReadyError(RegistryError):
    code = "none_ready"
    message = _("No listed model is ready: every client is over its quota or suspended.")


class TrailUnavailableError(RegistryError):
    """What has to be on the trail first cannot be written there, so it was not done."""

    code = "trail_unavailable"
    status = 503
    message = _("The trail cannot be written, so no key was given away. Try again later.")
