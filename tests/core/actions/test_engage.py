"""Events of Segment Engage: audiences and computed traits through the presets (reference: 4.6, 6.5)."""

from typing import Any

import pytest

from pipeline.core.actions import PRESETS
from pipeline.core.mapping import compile_mapping
from pipeline.core.request import build_body
from pipeline.core.trigger import compile_trigger
from pipeline.core.validate import Valid

AUDIENCE = "order_completed_last_30days"
PERSONAS = {
    "computation_class": "audience",
    "computation_key": AUDIENCE,
    "computation_id": "aud_1",
    "namespace": "spa_1",
    "space_id": "spa_1",
}
ENVELOPE = {"userId": "u", "messageId": "m", "timestamp": "2024-01-02T03:04:05Z"}


def body_of(slug: str, event: dict[str, Any]) -> dict[str, Any]:
    preset = PRESETS[slug]
    assert compile_trigger(preset.trigger).matches(event)
    said = preset.action.validator.validate(compile_mapping(preset.action.default_mapping).resolve(event))
    assert isinstance(said, Valid)
    return build_body(said.payload)


@pytest.mark.parametrize("is_member", [True, False])
def test_an_identify_tells_the_audience_as_a_boolean(is_member: object) -> None:
    event = {
        **ENVELOPE,
        "type": "identify",
        "traits": {AUDIENCE: is_member},
        "context": {"personas": PERSONAS},
    }
    assert body_of("identify-calls", event) == {
        **ENVELOPE,
        "type": "identify",
        "properties": {AUDIENCE: is_member},
    }


@pytest.mark.parametrize("name", ["Audience Entered", "Audience Exited"])
def test_a_track_tells_audience_and_context(name: str) -> None:
    properties = {"audience_key": AUDIENCE, AUDIENCE: name == "Audience Entered"}
    context = {"personas": PERSONAS}
    event = {**ENVELOPE, "type": "track", "event": name, "properties": properties, "context": context}
    assert body_of("track-calls", event) == event


def test_a_trigger_takes_members_of_one_audience() -> None:
    trigger = compile_trigger(f'type = "identify" and traits.{AUDIENCE} = true')
    assert trigger.matches({"type": "identify", "traits": {AUDIENCE: True}})
    assert not trigger.matches({"type": "identify", "traits": {AUDIENCE: False}})
    assert not trigger.matches({"type": "identify", "traits": {AUDIENCE: "true"}})


@pytest.mark.parametrize("slug", PRESETS)
@pytest.mark.parametrize("context", [None, {"personas": None}])
def test_a_null_context_or_null_personas_is_delivered(slug: str, context: dict[str, Any] | None) -> None:
    """The reference fails on both, for no reason that a user would want (reference: 4.6, 8.4)."""
    event = {**ENVELOPE, "type": slug.removesuffix("-calls"), "groupId": "g", "context": context}
    body = body_of(slug, event)
    has_context = context is not None and slug in {"track-calls", "page-calls"}
    assert body.get("context", "absent") == (context if has_context else "absent")
