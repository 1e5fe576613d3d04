import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.visitor_key import visitor_key

CODE = {"kameleoonVisitorCode": "rgd7cnk9cmg3atfv"}


@pytest.mark.parametrize(
    "event,key",
    [
        ({"properties": CODE, "userId": "u", "anonymousId": "a"}, b"rgd7cnk9cmg3atfv"),
        ({"traits": CODE, "userId": "u"}, b"rgd7cnk9cmg3atfv"),
        ({"properties": {"kameleoonVisitorCode": ""}, "userId": "u"}, b"u"),
        ({"properties": {"kameleoonVisitorCode": None}, "userId": "", "anonymousId": "a"}, b"a"),
        ({"userId": 4521}, b"4521"),
        ({"userId": 4521.0}, b"4521"),
        ({"userId": True, "anonymousId": "a"}, b"a"),
        ({"userId": ["u"], "properties": "p", "traits": None}, None),
        ({"userId": "Zoë"}, "Zoë".encode()),
        ({}, None),
        (["userId"], None),
        ("userId", None),
    ],
)
def test_an_event_is_keyed_by_the_visitor_that_it_names(event: object, key: bytes | None) -> None:
    assert visitor_key(json.dumps(event, ensure_ascii=False).encode()) == key


def test_a_lone_surrogate_elsewhere_does_not_hide_the_visitor() -> None:
    assert visitor_key(rb'{"event": "\ud83d", "userId": "u"}') == b"u"


@pytest.mark.parametrize("value", [b"", b"{order", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_what_is_not_an_event_has_no_key(value: bytes) -> None:
    assert visitor_key(value) is None


@given(st.binary())
def test_no_bytes_make_it_raise(value: bytes) -> None:
    key = visitor_key(value)

    assert key is None or key
