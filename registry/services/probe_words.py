"""The sentences of a test's results; services/verdicts.py fills them in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from registry.choices import ProbeCode

DETAILS: dict[str, Any] = {
    "no_such_name": gettext_lazy("The name did not resolve."),
    "refused": gettext_lazy("The connection was refused."),
    "reset": gettext_lazy("The connection was cut off."),
    "no_route": gettext_lazy("There is no way to this address from here."),
    "expired": gettext_lazy("It has expired."),
    "wrong_name": gettext_lazy("It was made for another name."),
    "self_signed": gettext_lazy("It is self-signed."),
    "untrusted": gettext_lazy("Its issuer is not trusted here."),
    "failed": gettext_lazy("The two sides could not agree on encryption."),
    "unsendable": gettext_lazy("It has characters that no header can carry."),
    "html": gettext_lazy("It was a web page."),
    "empty": gettext_lazy("It was empty."),
    "not_http": gettext_lazy("It was no HTTP."),
    "not_json": gettext_lazy("It was no JSON."),
    "shape": gettext_lazy("It was JSON of another form."),
    "vector": gettext_lazy("There was no vector in it."),
    "no_text": gettext_lazy("There was no text in it."),
    "path": gettext_lazy("There is nothing at this path."),
    "address_lacks_v1": gettext_lazy("The same address with /v1 behind it does answer."),
    "per_day": gettext_lazy("The day's quota is used up."),
    "no_address": gettext_lazy("It has no address: give its connection or its provider one."),
    "no_connection": gettext_lazy("No connection is attached to this model."),
    "moved": gettext_lazy("The stored key belongs to another address."),
    "cli": gettext_lazy(
        "It is called through a command-line login, which exists on its user's machine only: "
        "the registry knows that it is configured, and no more."
    ),
    "mode": gettext_lazy("There is no test for this mode at this provider."),
    "no_free_check": gettext_lazy(
        "The host's list of models gave no usable answer: ask it for a short answer instead."
    ),
    "no_list": gettext_lazy("It has no list of models that could be read."),
    "gone": gettext_lazy("Its provider or connection has been deleted meanwhile."),
    "gave_up": gettext_lazy("No worker could finish it; it was tried three times."),
    "too_old": gettext_lazy("No worker took it in time. Is a worker running?"),
}
# What an answer told beside its result.
NOTES: dict[str, Any] = {
    "content_filter": gettext_lazy("A content filter stopped the answer; the model was reached."),
    "deprecated": gettext_lazy("The provider is about to retire this model."),
    "unlisted": gettext_lazy("The host does not list this model."),
}

# code -> (what a person reads, what to do). Names in them are filled from the test.
SENTENCES: dict[str, tuple[Any, Any]] = {
    ProbeCode.OK: (gettext_lazy("Answers in %(latency)s ms."), ""),
    ProbeCode.OK_TRUNCATED: (
        gettext_lazy("Answers in %(latency)s ms, cut short by the test's small token limit."),
        "",
    ),
    ProbeCode.DEGRADED: (
        gettext_lazy("Answers, but only after its parameters were corrected: %(detail)s."),
        gettext_lazy("Callers that send these parameters will be refused."),
    ),
    ProbeCode.UNREACHABLE: (
        gettext_lazy("Nothing answers at this address."),
        gettext_lazy("Check host and port. %(seen)s"),
    ),
    ProbeCode.TLS: (
        gettext_lazy("The certificate is not valid."),
        gettext_lazy("%(cause)s Mend it on the far side; it cannot be skipped."),
    ),
    ProbeCode.TIMEOUT: (
        gettext_lazy("Timed out: no answer within %(seconds)s s, at the stage %(stage)s."),
        gettext_lazy("A host that loads models on demand may still be loading; test it again."),
    ),
    ProbeCode.BAD_KEY: (
        gettext_lazy("The provider refuses the key."),
        gettext_lazy("%(cause)s Replace the key."),
    ),
    ProbeCode.FORBIDDEN: (
        gettext_lazy("The key is valid but not allowed for this."),
        gettext_lazy("Check region, project or model access at the provider."),
    ),
    ProbeCode.NO_CREDIT: (
        gettext_lazy("The account has no credit."),
        gettext_lazy("Look at the billing at the provider."),
    ),
    ProbeCode.MODEL_MISSING: (
        gettext_lazy("The provider does not know this model."),
        gettext_lazy("%(nearest)sCheck the model id, letter for letter."),
    ),
    ProbeCode.DEPLOYMENT_MISSING: (
        gettext_lazy("Azure has no deployment of this name."),
        gettext_lazy("New ones need up to five minutes. Check the name and the resource address."),
    ),
    ProbeCode.WRONG_OPERATION: (
        gettext_lazy("This model does not do %(operation)s."),
        gettext_lazy("Register it under the type that fits: %(other)s."),
    ),
    ProbeCode.BAD_PARAMETER: (
        gettext_lazy("The provider rejects a parameter: %(detail)s."),
        gettext_lazy("Change it in the test settings of the model."),
    ),
    ProbeCode.RATE_LIMITED: (
        gettext_lazy("Too many requests right now; no fault of yours."),
        gettext_lazy("%(retry)s"),
    ),
    ProbeCode.OVERLOADED: (
        gettext_lazy("Busy right now; no fault of yours."),
        gettext_lazy("%(retry)s"),
    ),
    ProbeCode.SERVER_ERROR: (
        gettext_lazy("The provider failed (%(detail)s)."),
        gettext_lazy("Test again later; if it stays, look at the provider's status page."),
    ),
    ProbeCode.BAD_SHAPE: (
        gettext_lazy("The provider answered something unusable."),
        gettext_lazy("%(cause)s Is this the base address of the API?"),
    ),
    ProbeCode.DIMENSION_MISMATCH: (
        gettext_lazy("Returns %(found)s numbers, registered are %(expected)s."),
        gettext_lazy("Correct the dimensions or the model."),
    ),
    ProbeCode.REDIRECTED: (
        gettext_lazy("The address sends callers elsewhere (%(detail)s); that is never followed."),
        gettext_lazy("Is it the API's base address?"),
    ),
    ProbeCode.TOO_LARGE: (
        gettext_lazy("The answer is larger than any API's."),
        gettext_lazy("Is it the API's base address?"),
    ),
    ProbeCode.ENCODING_REFUSED: (
        gettext_lazy("The address sends a compressed answer that was not asked for."),
        gettext_lazy("Is it the API's base address?"),
    ),
    ProbeCode.ADDRESS_REFUSED: (
        gettext_lazy("Private addresses are off for safety."),
        gettext_lazy("%(allow)s"),
    ),
    ProbeCode.ADDRESS_BLOCKED: (
        gettext_lazy("Private addresses are off for safety."),
        gettext_lazy("%(allow)s"),
    ),
    ProbeCode.NEEDS_KEY: (
        gettext_lazy("There is no usable key."),
        gettext_lazy("%(cause)s Enter the key."),
    ),
    ProbeCode.CREDENTIAL_UNREADABLE: (
        gettext_lazy("The stored key cannot be read."),
        gettext_lazy("Enter the key again."),
    ),
    ProbeCode.CANNOT_TEST: (
        gettext_lazy("There is no honest way to test this."),
        gettext_lazy("%(cause)s"),
    ),
}
