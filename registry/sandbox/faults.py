"""The ways to fail: `/faults/{name}` before a base makes every request there fail so."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from registry.sandbox.ask import Ask
from registry.sandbox.catalogue import Operation, SandboxModel
from registry.sandbox.exchange import Delivery, Problem, RefusedError, Reply
from registry.sandbox.shapes.base import Route, Shape

# Seconds.
RETRY_AFTER = 7
SLOW = 30
# Below so many tokens, thinking uses up the whole answer.
BUDGET = 256
MISSING_NUMBERS = 5
NESTING = 100_000
TOO_LARGE = 9 * 1024 * 1024
METADATA = "http://169.254.169.254/"
MARKUP = (
    '<script>alert("sandbox")</script><img src=x onerror=alert(1)><b>bold</b> '
    '{{ 7 * 7 }} {% now "Y" %} "quoted" &amp; \u202ereversed'
)
_LOGIN = (
    '<!doctype html><html><head><title>Sign in</title></head><body><form action="/login" '
    'method="post"><input name="user"><input name="password" type="password"></form></body></html>'
)
_SLOW = re.compile(r"slow-(\d{1,3})")


@dataclass(frozen=True)
class Hit:
    """The request that a fault may hit: `parts` are those of the route's path."""

    ask: Ask
    shape: Shape
    route: Route
    parts: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        return self.parts[0] if self.parts else str(self.ask.fields.get("model", ""))


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    `always` refuses every request before anything else; `on_call` refuses only what a provider
    bills, so that the free checks pass. `model` changes what the sandbox knows, `spoil` what
    it answers; with `calls_only`, only the answers of calls.
    """

    summary: Any
    always: Callable[[Ask, Shape], RefusedError | None] | None = None
    on_call: Callable[[Hit], RefusedError | None] | None = None
    model: Callable[[SandboxModel], SandboxModel] | None = None
    spoil: Callable[[Reply], Reply] | None = None
    calls_only: bool = False


def find(name: str) -> Fault | None:
    """Return the fault `name`; `slow-3` is `slow` with 3 seconds."""
    seconds = _SLOW.fullmatch(name)
    return _slow(int(seconds[1])) if seconds else FAULTS.get(name)


def _refused(problem: Problem, **words: str) -> Callable[[Ask, Shape], RefusedError]:
    return lambda ask, shape: RefusedError(problem, **words)


def _call_refused(problem: Problem) -> Callable[[Hit], RefusedError]:
    return lambda hit: RefusedError(problem, model=hit.model)


def _limited_until(ask: Ask, shape: Shape) -> RefusedError:
    moment = datetime.now(UTC) + timedelta(seconds=RETRY_AFTER)
    return RefusedError(Problem.RATE_LIMITED, retry_after=format_datetime(moment, usegmt=True))


def _echo(ask: Ask, shape: Shape) -> RefusedError:
    """Repeat the key whole, and its beginning, middle and end."""
    key = shape.key_of(ask) or "none"
    third = max(len(key) // 3, 1)
    text = (
        f"Incorrect API key provided: {key}. It begins with {key[: 2 * third]}***, holds "
        f"***{key[third : -third or None]}*** and ends with ***{key[-2 * third :]}."
    )
    return RefusedError(Problem.BAD_KEY, message=text)


def _wrong_operation(hit: Hit) -> RefusedError:
    is_chat = hit.route.operation is Operation.CHAT
    problem = Problem.NO_CHAT if is_chat else Problem.NO_EMBEDDINGS
    return RefusedError(problem, model=hit.model, param="model")


def _bad_parameter(hit: Hit) -> RefusedError:
    param = "temperature" if hit.route.operation is Operation.CHAT else "dimensions"
    return RefusedError(Problem.BAD_PARAMETER, model=hit.model, param=param)


def _without(param: str, instead: str) -> Callable[[Hit], RefusedError | None]:
    def refuse(hit: Hit) -> RefusedError | None:
        if param not in hit.ask.fields or not hit.ask.path.endswith("/chat/completions"):
            return None
        return RefusedError(Problem.UNSUPPORTED_PARAMETER, param=param, instead=instead)

    return refuse


def _used_up(hit: Hit) -> RefusedError | None:
    limit = hit.ask.token_limit
    return RefusedError(Problem.BUDGET_USED_UP) if limit is not None and limit < BUDGET else None


def _another(model: SandboxModel) -> SandboxModel:
    return replace(model, id=model.id.replace("sandbox", "another"))


def _slow(seconds: int) -> Fault:
    summary = _("the first byte comes after 30 s; slow-3: after 3 s")
    return Fault(summary, spoil=lambda reply: replace(reply, wait=float(seconds)))


def _delivered(delivery: Delivery) -> Callable[[Reply], Reply]:
    return lambda reply: replace(reply, delivery=delivery)


def _with_body(body: bytes, **changes: Any) -> Callable[[Reply], Reply]:
    return lambda reply: replace(reply, status=200, body=body, **changes)


def _cut(reply: Reply) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _zipped(reply: Reply) -> Reply:
    headers = {**reply.headers, "content-encoding": "gzip"}
    return replace(reply, body=gzip.compress(reply.body), headers=headers)


def _redirect(place: str) -> Callable[[Reply], Reply]:
    return lambda reply: Reply(302, headers={"location": place})


def _without_numbers(reply: Reply) -> Reply:
    """Put NaN, which is no JSON, in place of every number; an answer may be several lines."""
    lines = [json.dumps(_as_nan(json.loads(line))) for line in reply.body.splitlines()]
    return replace(reply, body="\n".join(lines).encode())


def _as_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_nan(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_nan(part) for part in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float("nan") if is_number else value


_ERROR_200 = {"error": {"message": "Internal error.", "type": "server_error", "code": "500"}}

FAULTS: dict[str, Fault] = {
    "bad_key": Fault(_("the key is refused"), always=_refused(Problem.BAD_KEY)),
    "forbidden": Fault(_("the key is not allowed this"), always=_refused(Problem.FORBIDDEN)),
    "rate_limited": Fault(
        _("too many requests; Retry-After in seconds"),
        always=_refused(Problem.RATE_LIMITED, retry_after=str(RETRY_AFTER)),
    ),
    "rate_limited_date": Fault(
        _("too many requests; Retry-After as a date"), always=_limited_until
    ),
    "overloaded": Fault(_("overloaded"), always=_refused(Problem.OVERLOADED)),
    "server_error": Fault(_("an error of the server"), always=_refused(Problem.SERVER_ERROR)),
    "echo_key": Fault(_("the refusal repeats the key"), always=_echo),
    "script": Fault(
        _("the refusal holds scripts and other markup"),
        always=_refused(Problem.BAD_PARAMETER, message=MARKUP),
    ),
    "no_credit": Fault(
        _("calls: the account has no credit"), on_call=_call_refused(Problem.NO_CREDIT)
    ),
    "model_missing": Fault(_("no model of this name is known"), model=_another),
    "deployment_missing": Fault(
        _("calls: there is no deployment"), on_call=_call_refused(Problem.DEPLOYMENT_MISSING)
    ),
    "wrong_operation": Fault(_("calls: the model does something else"), on_call=_wrong_operation),
    "bad_parameter": Fault(_("calls: a parameter is refused"), on_call=_bad_parameter),
    "max_tokens": Fault(
        _("calls: max_tokens is refused, max_completion_tokens is taken"),
        on_call=_without("max_tokens", "max_completion_tokens"),
    ),
    "max_completion_tokens": Fault(
        _("calls: max_completion_tokens is refused, max_tokens is taken"),
        on_call=_without("max_completion_tokens", "max_tokens"),
    ),
    "reasoning_budget": Fault(
        _("calls: fewer than 256 tokens are used up by thinking"), on_call=_used_up
    ),
    "truncated": Fault(
        _("calls: an empty answer, ended by the token limit"),
        model=lambda model: replace(model, is_cut=True),
    ),
    "wrong_dimensions": Fault(
        _("calls: vectors lack 5 numbers"),
        model=lambda model: replace(model, missing_numbers=MISSING_NUMBERS),
    ),
    "nan": Fault(_("calls: every number is NaN"), spoil=_without_numbers, calls_only=True),
    "slow": _slow(SLOW),
    "silent": Fault(_("no answer at all"), spoil=_delivered(Delivery.SILENT)),
    "drip": Fault(_("a byte each half second"), spoil=_delivered(Delivery.DRIPPING)),
    "reset": Fault(_("the connection is reset"), spoil=_delivered(Delivery.RESET)),
    "truncated_json": Fault(_("half of the JSON"), spoil=_cut),
    "html": Fault(
        _("a login page with status 200"), spoil=lambda reply: Reply.text(_LOGIN, 200, "text/html")
    ),
    "empty": Fault(_("status 204, no body"), spoil=lambda reply: Reply(204)),
    "not_utf8": Fault(_("bytes that are no UTF-8"), spoil=_with_body(b'{"data": "\xc3\x28\xff"}')),
    "deep": Fault(_("100,000 levels of JSON"), spoil=_with_body(b"[" * NESTING + b"]" * NESTING)),
    "too_large": Fault(
        _("more than 8 MiB"),
        spoil=_with_body(b'{"data": "' + b"x" * TOO_LARGE + b'"}', delivery=Delivery.STREAMED),
    ),
    "gzip": Fault(_("compressed, asked or not"), spoil=_zipped),
    "error_200": Fault(_("an error with status 200"), spoil=lambda reply: Reply.of(_ERROR_200)),
    "redirect_login": Fault(_("a redirect to a login page"), spoil=_redirect("/login")),
    "redirect_private": Fault(_("a redirect to a private address"), spoil=_redirect(METADATA)),
}
