"""Stage decode: the bytes of a record become an event, or the reason why they cannot.

The quick parser reads nearly everything. Where its result would differ from the sender's text
(integers of 19 or more digits), or where it is stricter than JSON (lone surrogates, numbers beyond
a double), the exact parser decides; only what the exact parser refuses is rejected.
"""

import json
import re
from enum import StrEnum
from typing import Final, NoReturn

import orjson

from pipeline.core.event import EVENT_TYPES, Event, Json
from pipeline.core.outcome import Reason, Rejected, Stage


class Framing(StrEnum):
    """What stands before the JSON text in a record (`decode.framing`)."""

    NONE = "none"
    CONFLUENT = "confluent"


MAX_DEPTH: Final = 250
"""Levels of nesting that an event may have; the JSON writer stops at 254."""

MAX_DIGITS: Final = 4300
"""Digits that an integer may have: Python converts no more."""

_FRAME_BYTES: Final = 5
_DIGITS_AND_MARKS: Final = bytes.maketrans(b"123456789[,- \t\n\r", b"000000000" + b":" * 7)
_LONG_INTEGER: Final = b":" + b"0" * 19
"""What may begin an integer of 19 digits; the digits of a text stand behind its quotation mark."""

_NOT_JSON_WORD: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|(?P<word>-?Infinity|NaN)', re.DOTALL)
_MARKS: Final = (
    (b"\xef\xbb\xbf", "it begins with a byte order mark (EF BB BF): write UTF-8 without one"),
    (b"\xff\xfe", "it begins with a UTF-16 byte order mark: write UTF-8"),
    (b"\xfe\xff", "it begins with a UTF-16 byte order mark: write UTF-8"),
    (b"\x1f\x8b", "it looks like gzip: write the JSON itself and let the producer compress"),
    (b"Obj\x01", "it looks like an Avro file: only JSON is read"),
)


def decode(value: bytes | None, framing: Framing) -> Event | Rejected:
    """Read one record's value as an event: a JSON object whose `type` Segment knows.

    Never raises, whatever the bytes. The detail of a rejection names positions and kinds, never
    a value of the event. Of duplicate keys the last one counts.
    """
    if not value:
        return _nothing(value)
    if framing is Framing.CONFLUENT or value[0] == 0:
        unframed = _unframed(value, framing)
        if isinstance(unframed, Rejected):
            return unframed
        value = unframed
    has_long_integer = _LONG_INTEGER in value.translate(_DIGITS_AND_MARKS)
    parsed = _parse_exactly(value) if has_long_integer else _parse(value)
    if type(parsed) is not dict:
        return parsed if isinstance(parsed, Rejected) else _not_an_object(parsed)
    if _openings(value) > MAX_DEPTH and _is_too_deep(parsed):
        return _too_deep()
    kind = parsed.get("type")
    if type(kind) is str and kind in EVENT_TYPES:
        return parsed
    return _without_known_type(parsed)


def _rejected(reason: Reason, detail: str) -> Rejected:
    return Rejected(Stage.DECODE, reason, detail)


def _nothing(value: bytes | None) -> Rejected:
    if value is None:
        return _rejected(Reason.NULL_RECORD, "the record has no value (a tombstone)")
    return _rejected(Reason.EMPTY_RECORD, "the record's value has no bytes")


def _unframed(value: bytes, framing: Framing) -> bytes | Rejected:
    """The JSON text behind a Schema-Registry frame: one zero byte and a four-byte schema id."""
    is_framed = value[0] == 0 and len(value) >= _FRAME_BYTES
    if framing is Framing.NONE:
        return _framing_unexpected(value) if is_framed else value
    if not is_framed:
        return _rejected(
            Reason.FRAMING_MISSING,
            "the record does not begin with the zero byte and four-byte schema id of a Schema Registry "
            "serializer; if your producer writes plain JSON, set `decode.framing: none`",
        )
    if len(value) == _FRAME_BYTES:
        return _rejected(Reason.EMPTY_RECORD, "nothing follows the Schema Registry frame")
    return value[_FRAME_BYTES:]


def _framing_unexpected(value: bytes) -> Rejected:
    found = (
        "the record begins with a zero byte and a four-byte schema id, as a Schema Registry serializer writes"
    )
    is_json = value[_FRAME_BYTES:].lstrip()[:1] == b"{"
    hint = (
        "set `decode.framing: confluent`"
        if is_json
        else "what follows is not a JSON object (Avro or Protobuf?): only JSON is read, "
        "with `decode.framing: confluent`"
    )
    return _rejected(Reason.SCHEMA_REGISTRY_FRAMING, f"{found}; {hint}")


def _parse(value: bytes) -> Json | Rejected:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return _parse_exactly(value)


def _parse_exactly(value: bytes) -> Json | Rejected:
    """Every digit of every integer, lone surrogates as they are, `1e400` as infinity."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        return _invalid_utf8(value, error)
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return _invalid_json(value, text, error)
    except _NotJsonWordError:
        return _not_json_word(text)
    except ValueError:
        return _rejected(Reason.NUMBER_TOO_LONG, f"an integer has more than {MAX_DIGITS} digits")
    except RecursionError:
        return _too_deep()


class _NotJsonWordError(ValueError):
    """`NaN` or `Infinity` stands where a value should."""


def _refuse_constant(_word: str) -> NoReturn:
    raise _NotJsonWordError


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS + 1:
        raise ValueError
    return int(digits)


def _invalid_utf8(value: bytes, error: UnicodeDecodeError) -> Rejected:
    where = f"not UTF-8: {error.reason} at byte {error.start}"
    return _rejected(Reason.INVALID_UTF8, _hinted(where, value))


def _invalid_json(value: bytes, text: str, error: json.JSONDecodeError) -> Rejected:
    if not value.strip():
        return _rejected(Reason.EMPTY_RECORD, "the record's value is white space only")
    what = error.msg.partition(":")[0].removesuffix(" at").removesuffix(" starting")
    if text.startswith("\ufeff"):
        what = "a mark stands before it"
    elif what == "Extra data":
        what = "something follows the JSON value (write one event a record)"
    detail = f"not JSON: {_place(text, error.pos)}: {what[:1].lower()}{what[1:]}"
    return _rejected(Reason.INVALID_JSON, _hinted(detail, value))


def _not_json_word(text: str) -> Rejected:
    word = next((found for found in _NOT_JSON_WORD.finditer(text) if found["word"]), None)
    where = f"not JSON: {_place(text, word.start())}: " if word else "not JSON: "
    return _rejected(
        Reason.INVALID_JSON, where + "NaN and Infinity are not JSON: leave the field out or write null"
    )


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return f"line {line}, column {column}"


def _hinted(detail: str, value: bytes) -> str:
    hint = next((hint for mark, hint in _MARKS if value.startswith(mark)), None)
    return f"{detail}; {hint}" if hint else detail


def _openings(value: bytes) -> int:
    """How many signs begin an object or a list: to leave them out takes a third of the time of a count."""
    return len(value) - len(value.replace(b"{", b"").replace(b"[", b""))


def _is_too_deep(value: Json) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for holder in level
            for child in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def _too_deep() -> Rejected:
    return _rejected(Reason.TOO_DEEP, f"objects and lists are nested more than {MAX_DEPTH} levels deep")


def _not_an_object(value: Json) -> Rejected:
    kind = kind_of(value)
    detail = f"the record holds {kind}, not an object"
    if isinstance(value, str) and value.lstrip().startswith("{"):
        detail += "; it looks like JSON encoded twice: write the object itself"
    elif isinstance(value, list):
        detail += "; write each event as a record of its own"
    return _rejected(Reason.NOT_AN_OBJECT, detail)


def _without_known_type(parsed: dict[str, Json]) -> Rejected:
    known = "track, page, identify, group, alias, screen or delete"
    kind = parsed.get("type")
    if kind is None and isinstance(parsed.get("batch"), list):
        return _rejected(
            Reason.SDK_REQUEST,
            "this is a whole SDK request (an object with a list `batch`), not an event; "
            "write each element of `batch` as a record of its own",
        )
    if kind is None or kind == "":
        return _rejected(Reason.MISSING_TYPE, f"the event has no `type`; it should be {known}")
    if not isinstance(kind, str):
        return _rejected(Reason.UNKNOWN_TYPE, f"`type` is {kind_of(kind)}; it should be the text {known}")
    detail = f"`type` is a text that is not {known}"
    if kind.strip().lower() in EVENT_TYPES:
        detail += "; it differs in capitals or white space only"
    return _rejected(Reason.UNKNOWN_TYPE, detail)


def kind_of(value: Json) -> str:
    """The kind of a JSON value with its article, for details that must not hold the value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
