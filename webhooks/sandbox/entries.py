"""Entries of the log about what passes over HTTP: a summary in words, and the detail."""

import json
from collections.abc import Mapping
from typing import Any

from webhooks.sandbox.log import Log

_STATUSES = {
    "sent": "was sent",
    "delivered": "was delivered",
    "delivery_failed": "could not be delivered",
}
_HIDDEN = "Bearer …"


def log_webhook(
    log: Log,
    *,
    at: int,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    status: int | None,
    error: str | None,
) -> None:
    """A try to deliver a webhook: answered with `status`, or ended by `error`."""
    event = json.loads(body)
    attempt = event["meta"]["attempt"]
    log.add(
        "webhook" if event["data"]["event_type"] == "message.received" else "receipt",
        f"{_what(event['data'])}, attempt {attempt}: {_ending(status, error)}",
        at=at,
        url=url,
        attempt=attempt,
        headers=dict(headers),
        body=event,
        raw=_text(body),
        answer=_answer(status, error),
    )


def log_request(
    log: Log,
    *,
    at: int,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    status: int,
    answer: bytes,
) -> None:
    """A call of Telnyx's API. Its API key is not logged."""
    sent, answered = _json(body), _json(answer)
    log.add(
        "request",
        f"{_request(method, path, sent)}: {_accepted_or_refused(status, answered)}",
        at=at,
        method=method,
        path=path,
        headers={
            name: _HIDDEN if name == "authorization" else value for name, value in headers.items()
        },
        body=sent,
        raw=_text(body),
        answer={"status": status, "body": answered},
    )


def log_callback(
    log: Log,
    *,
    at: int,
    url: str,
    attempt: int,
    headers: Mapping[str, str],
    body: bytes,
    answer: str,
) -> None:
    """A callback to a web app; `answer` is the HTTP status, or what went wrong."""
    event = json.loads(body)
    status, error = (int(answer), None) if answer.isdecimal() else (None, answer)
    log.add(
        "callback",
        f"{event['type']} to the web app, attempt {attempt}: {_ending(status, error)}",
        at=at,
        url=url,
        attempt=attempt,
        headers=dict(headers),
        body=event,
        raw=_text(body),
        answer=_answer(status, error),
    )


def _what(data: dict[str, Any]) -> str:
    event_type, payload = data["event_type"], data["payload"]
    phone = payload["from"]["phone_number"]
    if event_type == "message.received":
        return f"{phone} texts {payload['text']!r}"
    to = payload["to"][0]
    errors = "".join(f" ({error['code']} {error['title']})" for error in payload["errors"])
    return f"The text to {to['phone_number']} {_STATUSES[to['status']]}{errors}"


def _request(method: str, path: str, body: Any) -> str:
    if method == "POST" and isinstance(body, dict) and "to" in body:
        return f"A text to {body['to']}"
    return f"{method} {path}"


def _accepted_or_refused(status: int, answer: Any) -> str:
    if status < 400:
        return f"accepted, {status}"
    errors = answer.get("errors") if isinstance(answer, dict) else None
    words = f" ({errors[0]['code']} {errors[0]['title']})" if errors else ""
    return f"refused, {status}{words}"


def _ending(status: int | None, error: str | None) -> str:
    return f"answered {status}" if error is None else f"no answer ({error})"


def _answer(status: int | None, error: str | None) -> dict[str, Any]:
    return {"status": status} if error is None else {"error": error}


def _json(body: bytes) -> Any:
    """The JSON value, or what is no JSON as a string."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return _text(body)


def _text(body: bytes) -> str:
    """The body as it was sent: signatures are over these characters."""
    return body.decode("utf-8", "replace")
