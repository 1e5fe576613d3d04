"""What a test of the configuration expects, and how what came differs from it."""

import json
from typing import Final

import pytest

from pipeline.core.audit_record import OutcomeKind
from pipeline.core.decode import Framing
from pipeline.core.expectation import (
    Body,
    EndsAs,
    Expectation,
    Mismatch,
    TakenBy,
    TakenByThese,
    mismatch,
    reasons_of,
)
from pipeline.core.javascript import UNDEFINED
from pipeline.core.json_difference import Difference
from pipeline.core.outcome import Reason
from pipeline.core.plan import MappingDefinition, compile_plan

_PLAN: Final = compile_plan(
    [
        MappingDefinition("All", 'type = "track"', "logEvent"),
        MappingDefinition(
            "Orders", 'event = "Order" and properties.total > 5', "logEvent", {"properties": None}
        ),
        MappingDefinition("Off", 'type = "track"', "logEvent", enabled=False),
    ],
    Framing.CONFLUENT,
)
_BODY: Final = {
    "event": "Order",
    "type": "track",
    "messageId": "m1",
    "timestamp": "2026-01-01T12:00:00.000Z",
    "userId": "u1",
}
_ORDER: Final = json.dumps(_BODY | {"properties": {"total": 6}}).encode()
_CHEAP: Final = json.dumps(_BODY | {"properties": {"total": 5}}).encode()
_PAGE: Final = b'{"type": "page"}'
_NO_ID: Final = b'{"type": "track", "event": "x"}'
FILTERED, REJECTED = OutcomeKind.FILTERED, OutcomeKind.REJECTED


@pytest.mark.parametrize(
    "event, expected",
    [
        (_ORDER, TakenBy("Orders")),
        (_ORDER, TakenBy("Orders", Body(_BODY | {"properties": {}}, is_part=False))),
        (_ORDER, TakenBy("All", Body({"properties": {"total": 6.0}}, is_part=True))),
        (_ORDER, TakenByThese(frozenset({"All", "Orders"}))),
        (_CHEAP, TakenByThese(frozenset({"All"}))),
        (_PAGE, EndsAs(FILTERED)),
        (_PAGE, EndsAs(FILTERED, Reason.NO_MAPPING_MATCHED)),
        (_NO_ID, EndsAs(REJECTED)),
        (b"", EndsAs(REJECTED, Reason.EMPTY_RECORD)),
    ],
)
def test_what_comes_as_expected_is_no_mismatch(event: bytes, expected: Expectation) -> None:
    assert mismatch(_PLAN, event, expected) is None


@pytest.mark.parametrize(
    "event, expected, came",
    [
        (_CHEAP, TakenBy("Orders"), "properties.total > 5 is false: the event has 5"),
        (_ORDER, TakenBy("Off"), "the mapping is disabled"),
        (_NO_ID, TakenBy("All"), "rejected by `All`: missing_timestamp"),
        (b"[]", TakenBy("All"), "rejected: not_an_object"),
        (_ORDER, TakenByThese(frozenset({"Orders"})), "taken by `All`; taken by `Orders`"),
        (_CHEAP, TakenByThese(frozenset({"All", "Orders"})), "taken by `All`"),
        (_NO_ID, TakenByThese(frozenset({"All"})), "rejected by `All`"),
        (_PAGE, EndsAs(REJECTED), "filtered: no_mapping_matched"),
        (_PAGE, EndsAs(FILTERED, Reason.INTEGRATIONS_BLOCKED), "filtered: no_mapping_matched"),
        (_NO_ID, EndsAs(FILTERED), "rejected by `All`"),
        (_NO_ID, EndsAs(REJECTED, Reason.TOO_DEEP), "rejected by `All`: missing_timestamp"),
        (_ORDER, EndsAs(FILTERED), "taken by `All`"),
        (_ORDER, EndsAs(REJECTED), "taken by `All`"),
    ],
)
def test_a_mismatch_says_what_came_and_why(event: bytes, expected: Expectation, came: str) -> None:
    found = mismatch(_PLAN, event, expected)
    assert found is not None
    assert came in found.came


def test_a_mismatch_of_bodies_tells_each_place() -> None:
    whole = _BODY | {"properties": {}, "userId": "u2", "more": 1}
    assert mismatch(_PLAN, _ORDER, TakenBy("Orders", Body(whole, is_part=False))) == Mismatch(
        "this body of `Orders`",
        "2 other values",
        (Difference("$.userId", "u2", "u1"), Difference("$.more", 1, UNDEFINED)),
    )
    part = mismatch(_PLAN, _ORDER, TakenBy("Orders", Body({"event": "x"}, is_part=True)))
    assert part is not None
    assert part.differences == (Difference("$.event", "x", "Order"),)
    assert mismatch(_PLAN, _ORDER, TakenBy("Orders", Body({"event": "Order"}, is_part=False))) is not None


def test_reasons_are_those_that_an_event_alone_can_have() -> None:
    assert reasons_of(FILTERED) == (Reason.INTEGRATIONS_BLOCKED, Reason.NO_MAPPING_MATCHED)
    rejected = reasons_of(REJECTED)
    assert {Reason.INVALID_JSON, Reason.MAPPING_FAILED, Reason.REQUEST_TOO_LARGE} < set(rejected)
    assert not {Reason.REFUSED, Reason.NULL_RECORD, Reason.TOO_MANY_EVENT_NAMES} & set(rejected)
