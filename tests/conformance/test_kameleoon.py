"""Decode, trigger, map, validate, body and verdict against the recorded runs of the reference."""

import json
from typing import Any

from pipeline.config.delivery import DEFAULT_ENDPOINT
from pipeline.core.actions import ACTIONS, PRESETS, Action, Preset
from pipeline.core.credentials import authentication_query, credential_problems
from pipeline.core.decode import Framing, decode
from pipeline.core.event import Event
from pipeline.core.exchange import Answer, Exchange, NoAnswer, NoAnswerKind
from pipeline.core.integrations import why_blocked
from pipeline.core.mapping import MappingError, compile_mapping
from pipeline.core.outcome import Rejected
from pipeline.core.request import build_body, encode_body, request_headers
from pipeline.core.trigger import TriggerError, compile_trigger
from pipeline.core.validate import Invalid
from pipeline.core.verdict import Accepted, Refused, Throttled, Transient, Unauthorised, judge
from tests.support.reference_destination import (
    SETTINGS_REFUSED,
    Ends,
    Request,
    comparable,
    differences,
    reference_ends,
)
from tests.support.reference_vectors import Vector, compare, revived

SETTINGS = {
    "apiKey": "eyJjbGllbnRfaWQiOiJjaWQiLCJjbGllbnRfc2VjcmV0Ijoic2VjIn0=",
    "sitecode": "1q2w3e4r5t",
}
REFUSED_AT_LOAD = "refused at load"


def test_every_vector_is_equal_or_listed() -> None:
    compare("kameleoon", _difference)


def _difference(vector: Vector) -> str | None:
    match vector.input.get("op"):
        case "presets":
            return _presets_difference(vector)
        case "validateSettings":
            return _settings_difference(vector)
        case "testAuthentication":
            return _authentication_difference(vector)
        case "onBatch":
            return "there is no batch interface here"
        case op:
            assert op is None
            return "; ".join(differences(_our_ends(vector.input), reference_ends(vector))) or None


def _our_ends(given: dict[str, Any]) -> Ends:
    settings = given.get("settings", SETTINGS)
    if _are_refused(settings):
        return SETTINGS_REFUSED
    own = settings.get("subscription")
    mappings = [own] if own else given.get("subscriptions", [_subscription(p) for p in PRESETS.values()])
    if mappings is not None and not isinstance(mappings, list):
        return Ends((), (REFUSED_AT_LOAD,))
    event = decode(json.dumps(revived(given["event"])).encode(), Framing.NONE)
    ran = [_run(event, mapping, _exchange(given)) for mapping in mappings or []]
    bodies = [body for _, body in ran if body is not None]
    return Ends(tuple(_request(body, settings) for body in bodies), tuple(end for end, _ in ran))


def _run(event: Event | Rejected, mapping: dict[str, Any], exchange: Exchange) -> tuple[str, bytes | None]:
    """How the event ends under one mapping, and the body that is sent for it."""
    if isinstance(event, Rejected):
        return "rejected: decode", None
    action = ACTIONS.get(mapping.get("partnerAction", ""))
    trigger_text = mapping.get("subscribe")
    fields = mapping.get("mapping") or {}
    if action is None or not isinstance(trigger_text, str) or not _are_known(fields, action):
        return REFUSED_AT_LOAD, None
    try:
        trigger = compile_trigger(trigger_text)
        template = compile_mapping(fields)
    except (TriggerError, MappingError):
        return REFUSED_AT_LOAD, None
    if not mapping.get("enabled", True) or why_blocked(event) or not trigger.matches(event):
        return "filtered", None
    try:
        resolved = template.resolve(event)
    except MappingError:
        return "rejected: map", None
    said = action.validator.validate(resolved)
    if isinstance(said, Invalid):
        return f"rejected: {said.message}", None
    body = encode_body(build_body(said.payload))
    assert isinstance(body, bytes)
    return _classified(exchange), body


def _are_known(fields: object, action: Action) -> bool:
    """As the plan has it: a mapping is an object of the action's own fields."""
    return isinstance(fields, dict) and fields.keys() <= {field.key for field in action.fields}


def _subscription(preset: Preset) -> dict[str, Any]:
    return {
        "name": preset.name,
        "subscribe": preset.trigger,
        "partnerAction": preset.action.key,
        "mapping": preset.action.default_mapping,
    }


def _exchange(given: dict[str, Any]) -> Exchange:
    """The first answer to the event's requests."""
    reply = given.get("reply", {"status": 200})
    first = reply[0] if isinstance(reply, list) else reply
    if "network_error" in first:
        return NoAnswer(NoAnswerKind.CONNECTION_LOST, "injected", bytes_written=False)
    return Answer(first["status"], body=json.dumps(first.get("body")).encode())


def _classified(exchange: Exchange) -> str:
    match judge(exchange):
        case Accepted():
            return "accepted"
        case Throttled() | Transient():
            return "retried"
        case Refused():
            return "permanent"
        case Unauthorised():
            return "held"


def _request(body: bytes, settings: dict[str, Any]) -> Request:
    headers = request_headers(settings["apiKey"], settings["sitecode"], "kameleoon-pipeline")
    return Request(
        "POST",
        DEFAULT_ENDPOINT,
        headers["authorization"],
        headers["x-segment-settings"],
        comparable(json.loads(body)),
    )


def _are_refused(settings: dict[str, Any]) -> bool:
    """The configuration takes both as texts and checks them when it is loaded."""
    api_key, sitecode = settings.get("apiKey"), settings.get("sitecode")
    if not isinstance(api_key, str) or not isinstance(sitecode, str):
        return True
    return bool(credential_problems(api_key, sitecode))


def _settings_difference(vector: Vector) -> str | None:
    is_refused = _are_refused(vector.input["settings"])
    return None if is_refused is not vector.output["ok"] else f"refused at load: {is_refused}"


def _authentication_difference(vector: Vector) -> str | None:
    settings = vector.input.get("settings", SETTINGS)
    if _are_refused(settings):
        return REFUSED_AT_LOAD if vector.output["ok"] else None
    query = authentication_query(settings["apiKey"])
    urls = [recorded["url"] for recorded in vector.output["requests"]]
    is_recorded = "network_error" not in vector.input.get("reply", {})
    if is_recorded and urls != [f"{DEFAULT_ENDPOINT}/getapikey?{query}"]:
        return "another address is asked"
    is_good = _classified(_exchange(vector.input)) == "accepted"
    return None if is_good is vector.output["ok"] else f"credentials are taken for {is_good}"


def _presets_difference(vector: Vector) -> str | None:
    ours = [{**_subscription(preset), "type": "automatic"} for preset in PRESETS.values()]
    theirs = vector.output["presets"]
    return None if comparable(ours) == comparable(theirs) else f"ours {ours}"
