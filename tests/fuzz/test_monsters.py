"""Records of ten megabytes, each of a kind that hurts some parser: bounded time, one complete account."""

import time

import pytest

from tests.fuzz.plans import hostile_plans
from tests.fuzz.world import Figures, run_workers

_TEN_MB = 10_000_000
_HEAD = (
    b'{"type":"track","event":"Order Completed","messageId":"m","userId":"u",'
    b'"timestamp":"2026-01-01T00:00:00Z","properties":'
)


def _properties(inside: bytes) -> bytes:
    return _HEAD + inside + b"}"


def _keys(form: bytes, count: int, step: int = 1) -> bytes:
    return b"{" + b",".join(form % (number * step) for number in range(count)) + b"}"


MONSTERS = {
    "one text": _properties(b'{"x":"' + b"x" * _TEN_MB + b'"}'),
    "text beyond ASCII": _properties(b'{"x":"' + "é".encode() * (_TEN_MB // 2) + b'"}'),
    "placeholders": _properties(b'{"x":"' + b"{{event}}" * (_TEN_MB // 9) + b'"}'),
    "open braces": _properties(b'{"x":"' + b"{" * _TEN_MB + b'"}'),
    "digits and a letter": _properties(b'{"x":"' + b"1" * _TEN_MB + b'x"}'),
    "escapes": _properties(b'{"x":"' + b"\\u00e9" * (_TEN_MB // 6) + b'"}'),
    "lone surrogates": _properties(b'{"x":"' + b"\\ud800" * (_TEN_MB // 6) + b'"}'),
    "one key": _properties(b'{"' + b"k" * _TEN_MB + b'":1}'),
    "keys": _properties(_keys(b'"k%d":1', _TEN_MB // 12)),
    "keys like indices": _properties(_keys(b'"%d":1', _TEN_MB // 12)),
    "the same key": _properties(b"{" + b'"k":1,' * (_TEN_MB // 6) + b'"k":2}'),
    "keys that hash alike as numbers": _properties(_keys(b'"%d":1', _TEN_MB // 30, 2**61 - 1)),
    "numbers that hash alike": _properties(
        b'{"items":[' + b",".join(b"%d" % (number * (2**61 - 1)) for number in range(_TEN_MB // 30)) + b"]}"
    ),
    "items": _properties(b'{"items":[' + b"{}," * (_TEN_MB // 3) + b"{}]}"),
    "lists, deep": _properties(b"[" * (_TEN_MB // 2) + b"]" * (_TEN_MB // 2)),
    "lists, never closed": b"[" * _TEN_MB,
    "objects, never closed": b'{"a":' * (_TEN_MB // 5),
    "one number": _properties(b'{"x":' + b"9" * _TEN_MB + b"}"),
    "one fraction": _properties(b'{"x":0.' + b"9" * _TEN_MB + b"}"),
    "one exponent": _properties(b'{"x":1e' + b"9" * _TEN_MB + b"}"),
    "long numbers": _properties(b'{"x":[' + b"9" * 4299 + (b"," + b"9" * 4299) * (_TEN_MB // 4300) + b"]}"),
    "a bad byte at the end": _properties(b'{"x":"' + b"x" * _TEN_MB + b'\xff"}'),
    "NaN at the end": _properties(b'{"x":"' + b'\\"' * (_TEN_MB // 2) + b'","y":NaN}'),
    "white space": b" " * _TEN_MB,
    "white space before": b" " * _TEN_MB + _properties(b"{}"),
    "zeros": bytes(_TEN_MB),
}


@pytest.mark.parametrize("name", MONSTERS)
async def test_a_monster_is_accounted_for_in_bounded_time(name: str) -> None:
    began_s = time.process_time()
    figures = Figures()
    plan = hostile_plans()[1]

    await run_workers(plan, [[[None, MONSTERS[name], b"{}"]]], figures)

    assert figures.records == 3
    assert time.process_time() - began_s < 20
