"""Stage decode: every kind of bytes has its own end, and none raises."""

import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.decode import MAX_DEPTH, MAX_DIGITS, Framing, decode
from pipeline.core.event import EVENT_TYPES
from pipeline.core.outcome import Reason, Rejected, Stage

TRACK = b'{"type":"track","event":"Order Completed"}'
FRAME = b"\x00\x00\x00\x00\x07"


def nested(levels: int) -> bytes:
    """An event of this many levels: the event itself is the first."""
    inner = levels - 1
    return b'{"type":"track","p":' + b"[" * inner + b"]" * inner + b"}"


def event(value: bytes | None, framing: Framing = Framing.NONE) -> dict[str, Any]:
    decoded = decode(value, framing)
    assert isinstance(decoded, dict), decoded
    return decoded


def rejected(value: bytes | None, framing: Framing = Framing.NONE) -> Rejected:
    decoded = decode(value, framing)
    assert isinstance(decoded, Rejected)
    assert decoded.stage is Stage.DECODE
    return decoded


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_every_type_that_segment_knows_is_an_event(kind: str) -> None:
    assert event(orjson.dumps({"type": kind})) == {"type": kind}


@pytest.mark.parametrize(
    "value,reason",
    [
        (None, Reason.NULL_RECORD),
        (b"", Reason.EMPTY_RECORD),
        (b" \n\t ", Reason.EMPTY_RECORD),
        (b'{"type":"track","event":"\xff"}', Reason.INVALID_UTF8),
        (b'{"type":"track","event":"\xed\xa0\xbd"}', Reason.INVALID_UTF8),
        (b"\x1f\x8b\x08\x00", Reason.INVALID_UTF8),
        (b"type=track", Reason.INVALID_JSON),
        (b"{'type': 'track'}", Reason.INVALID_JSON),
        (TRACK + b"\n" + TRACK, Reason.INVALID_JSON),
        (b'{"type":"track","n":NaN}', Reason.INVALID_JSON),
        (b'{"type":"track","n":-Infinity}', Reason.INVALID_JSON),
        (b'{"type":"track","n":01}', Reason.INVALID_JSON),
        (b'{"type":"track","n":"a\nb"}', Reason.INVALID_JSON),
        (b"\xef\xbb\xbf" + TRACK, Reason.INVALID_JSON),
        (b"\x00", Reason.INVALID_JSON),
        (b"[" + TRACK + b"]", Reason.NOT_AN_OBJECT),
        (b"null", Reason.NOT_AN_OBJECT),
        (b"5", Reason.NOT_AN_OBJECT),
        (b"true", Reason.NOT_AN_OBJECT),
        (orjson.dumps(TRACK.decode()), Reason.NOT_AN_OBJECT),
        (b"{}", Reason.MISSING_TYPE),
        (b'{"type":null}', Reason.MISSING_TYPE),
        (b'{"type":""}', Reason.MISSING_TYPE),
        (b'{"type":"Track"}', Reason.UNKNOWN_TYPE),
        (b'{"type":"pageview"}', Reason.UNKNOWN_TYPE),
        (b'{"type":["track"]}', Reason.UNKNOWN_TYPE),
        (b'{"type":{"track":1}}', Reason.UNKNOWN_TYPE),
        (FRAME + TRACK, Reason.SCHEMA_REGISTRY_FRAMING),
        (FRAME + b"\x06\x0atrack", Reason.SCHEMA_REGISTRY_FRAMING),
        (b'{"batch":[' + TRACK + b'],"sentAt":"2026-11-22T06:33:06Z"}', Reason.SDK_REQUEST),
        (b'{"batch":"x"}', Reason.MISSING_TYPE),
        (nested(MAX_DEPTH + 1), Reason.TOO_DEEP),
        (nested(100_000), Reason.TOO_DEEP),
        (b'{"a":' * 100_000, Reason.TOO_DEEP),
        (b'{"type":"track","n":' + b"1" * (MAX_DIGITS + 1) + b"}", Reason.NUMBER_TOO_LONG),
        (b'{"type":"track","n":-' + b"1" * 1_000_000 + b"}", Reason.NUMBER_TOO_LONG),
    ],
)
def test_each_other_kind_of_record_is_rejected_with_its_own_reason(
    value: bytes | None, reason: Reason
) -> None:
    assert rejected(value).reason is reason


def test_the_confluent_frame_is_taken_off_when_the_configuration_says_so() -> None:
    assert event(FRAME + TRACK, Framing.CONFLUENT) == orjson.loads(TRACK)


@pytest.mark.parametrize("value", [TRACK, b"\x00\x00", b"5"])
def test_a_missing_confluent_frame_is_said(value: bytes) -> None:
    found = rejected(value, Framing.CONFLUENT)
    assert found.reason is Reason.FRAMING_MISSING
    assert "`decode.framing: none`" in found.detail


def test_nothing_behind_the_confluent_frame_is_an_empty_record() -> None:
    assert rejected(FRAME, Framing.CONFLUENT).reason is Reason.EMPTY_RECORD


@pytest.mark.parametrize(
    "value,hint",
    [
        (FRAME + TRACK, "set `decode.framing: confluent`"),
        (FRAME + b"\x06\x0atrack", "only JSON is read"),
        (b'{"batch":[]}', "each element of `batch`"),
        (b"\xef\xbb\xbf" + TRACK, "byte order mark (EF BB BF)"),
        (TRACK.decode().encode("utf-16"), "UTF-16"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"[" + TRACK + b"]", "record of its own"),
        (orjson.dumps(TRACK.decode()), "encoded twice"),
        (b'{"type":" Track"}', "capitals or white space"),
        (TRACK + TRACK, "one event a record"),
        (b'{\n "type": "track",\n "n": NaN}', "line 3, column 7: NaN and Infinity are not JSON"),
        (b'{"NaN":"a \\" NaN","b":[1,-Infinity]}', "line 1, column 26: NaN"),
        (b'{\n "type": track}', "line 2, column 10"),
        (b'{"type":"\xff"}', "at byte 9"),
    ],
)
def test_the_detail_says_where_and_what_to_do(value: bytes, hint: str) -> None:
    assert hint in rejected(value).detail


@pytest.mark.parametrize(
    "value",
    [
        b'{"type":"sEcReT"}',
        b'{"type":"track","a":"sEcReT}',
        b'{"type":"track","a":"sEcReT\\q"}',
        b'{"type":"track","a":sEcReT}',
        b'"{sEcReT"',
        b'["sEcReT"]',
        b'{"sEcReT":1}',
        b'{"batch":["sEcReT"]}',
        b'{"type":"track","a":"sEcReT\xff"}',
    ],
)
def test_the_detail_never_holds_a_value_of_the_event(value: bytes) -> None:
    assert "sEcReT" not in rejected(value).detail


def test_250_levels_are_read() -> None:
    assert event(nested(MAX_DEPTH))["type"] == "track"


def test_many_shallow_brackets_are_not_deep() -> None:
    assert len(event(b'{"type":"track","p":[' + b"[]," * 1000 + b'"[[[["]}')["p"]) == 1001


@pytest.mark.parametrize(
    "text",
    ["9223372036854775808", "12345678901234567890", "-123456789012345678901234567890", "1" * MAX_DIGITS],
)
def test_an_integer_keeps_all_its_digits(text: str) -> None:
    assert str(event(f'{{"type":"track","n":{text}}}'.encode())["n"]) == text


def test_numbers_beyond_a_double_are_infinite_as_in_javascript() -> None:
    assert event(b'{"type":"track","n":[1e400,-1e400]}')["n"] == [math.inf, -math.inf]


def test_lone_surrogates_are_text() -> None:
    assert event(b'{"type":"track","event":"\\ud83d!"}')["event"] == "\ud83d!"


def test_line_separators_in_text_are_text() -> None:
    assert event('{"type":"track","event":"a\u2028b\u2029c\x85"}'.encode())["event"] == "a\u2028b\u2029c\x85"


@pytest.mark.parametrize("padding", ["", ',"n":1234567890123456789012'])
def test_the_last_of_duplicate_keys_counts(padding: str) -> None:
    found = event(f'{{"type":"page","a":1,"type":"track","a":2{padding}}}'.encode())
    assert (found["type"], found["a"]) == ("track", 2)


@given(st.binary(), st.sampled_from(Framing))
def test_no_bytes_raise(value: bytes, framing: Framing) -> None:
    assert isinstance(decode(value, framing), (dict, Rejected))


TEXT = st.text(st.characters(codec="utf-8") | st.just("\ud83d"))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(st.dictionaries(TEXT, JSON_VALUES), st.sampled_from(sorted(EVENT_TYPES)))
def test_what_json_writes_is_read_back(members: dict[str, Any], kind: str) -> None:
    """Law: the quick and the exact parser both read what a JSON writer wrote."""
    written = {**members, "type": kind}
    assert event(json.dumps(written).encode()) == written


@given(
    st.sampled_from([b"{", b"[", b'{"a":', b"1", b'"', b"\\", b"\x00", b"NaN", b"-", b"e9"]),
    st.integers(1, 5000),
)
def test_repetitions_do_not_raise(piece: bytes, count: int) -> None:
    assert isinstance(decode(b'{"type":"track","p":' + piece * count, Framing.NONE), Rejected)
