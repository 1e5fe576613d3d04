"""`explain --json`: one JSON object a record, in a form that scripts may rely on."""

from dataclasses import dataclass
from typing import assert_never

import orjson

from pipeline.core.event import Json
from pipeline.core.explain import Explanation
from pipeline.core.outcome import Decision, Deliverable, Filtered, Rejected, Stage
from pipeline.core.request import request_headers

METHOD = "POST"
MASKED_KEY = "***"


@dataclass(frozen=True, slots=True)
class Request:
    """All of a request but its body; the API key is masked."""

    url: str
    headers: dict[str, str]


def masked_request(url: str, sitecode: str, user_agent: str) -> Request:
    """The request that every event goes out in, fit to be shown."""
    return Request(url, request_headers(MASKED_KEY, sitecode, user_agent))


def json_line(explanation: Explanation, request: Request) -> bytes:
    """`{"outcomes": […]}` for one record. The body stands in it as it would be sent, digit by digit."""
    outcomes = b",".join(_outcome(decision, request) for decision in explanation.decided.parts)
    return b'{"outcomes":[' + outcomes + b"]}"


def _outcome(decision: Decision, request: Request) -> bytes:
    match decision:
        case Filtered():
            return _told(decision, Stage.TRIGGER, "filtered", decision.reason, decision.detail, b"null")
        case Rejected():
            return _told(decision, decision.stage, "rejected", decision.reason, decision.detail, b"null")
        case Deliverable():
            written = _with_last(
                {"method": METHOD, "url": request.url, "headers": request.headers}, "body", decision.body
            )
            return _told(decision, Stage.DELIVER, "deliverable", None, None, written)
        case _:
            assert_never(decision)


def _told(
    decision: Decision, stage: Stage, outcome: str, reason: str | None, detail: str | None, request: bytes
) -> bytes:
    told = {
        "mapping": decision.mapping,
        "action": decision.action,
        "stage": stage,
        "outcome": outcome,
        "reason": reason,
        "detail": detail,
    }
    return _with_last(told, "request", request)


def _with_last(members: dict[str, Json], name: str, value: bytes) -> bytes:
    """The members as a JSON object, and one more whose value is JSON already."""
    return orjson.dumps(members)[:-1] + b"," + orjson.dumps(name) + b":" + value + b"}"
