"""Hostile records out of good ones: bytes flipped, texts spliced, JSON grown where parsers hurt."""

import json
from random import Random
from typing import Any, Final

_WORDS: Final = rb"""
    null true NaN Infinity -0 1e400 -1e-400 0x1f 2026-02-30T25:61:61Z
    { } [ ] " , : \ \u0000 \ud800 \ude00 \ud83d\ude00 {{properties.x}} {{{userId}}} {{ }} {%if%} $.
    "type":"track" "type":"page" "type":"group" "type":"alias" "type":7 "__proto__":1 "batch":[]
    "integrations":{"All":false} "integrations":{"Kameleoon(Actions)":{}}
""".split()
_BYTES: Final = (b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xf0\x9f\x98\x80", b"\x00", b"\n", b"\xc2\x85")
_TOKENS: Final = (*_WORDS, *_BYTES, b"9" * 4400, b"1" * 25)
_NUMBERS: Final = (0, -1, 2**31, 2**53 + 1, 2**63, -(2**64), 10**400, 10**4299, 1e308, 5e-324, -0.0)
_ODD_TEXTS: Final = ("", " ", "\x00", "\ud800", "\udfff\ud83d", "\u2028", "\u0130", "null", "2026-01-01")
_LONG_TEXTS: Final = ("x" * 5000, "[" * 400, '{"a":' * 300, "1" * 3000 + "x", "\U0001f600" * 40)
_TEXTS: Final = (*_ODD_TEXTS, *_LONG_TEXTS, "{{x.length}}" * 50, "{{{properties}}}")


class Mutator:
    """Makes one hostile record after the other; the same random numbers make the same records.

    `corpus` may grow meanwhile: records that reached something new.
    """

    def __init__(self, random: Random, corpus: list[bytes]) -> None:
        self._random = random
        self.corpus = corpus
        self._of_bytes = (self._flip, self._cut, self._repeat, self._insert, self._splice)
        self._of_values = (self._odd_value, self._deep, self._wide, self._odd_key, self._huge_key)

    def record(self) -> bytes:
        """The next one."""
        value = self._random.choice(self.corpus)
        for _ in range(self._random.choice((1, 1, 1, 2, 4, 8))):
            is_bytewise = self._random.random() < 0.3
            value = self._random.choice(self._of_bytes)(value) if is_bytewise else self._reshaped(value)
        return value

    def _place(self, value: bytes) -> int:
        return self._random.randrange(len(value) + 1)

    def _flip(self, value: bytes) -> bytes:
        if not value:
            return b"\x00"
        changed = bytearray(value)
        for _ in range(self._random.choice((1, 1, 2, 8))):
            changed[self._random.randrange(len(changed))] = self._random.randrange(256)
        return bytes(changed)

    def _cut(self, value: bytes) -> bytes:
        begin, end = sorted((self._place(value), self._place(value)))
        return value[:begin] + value[end:]

    def _repeat(self, value: bytes) -> bytes:
        begin = self._place(value)
        part = value[begin : begin + self._random.randrange(1, 40)]
        return value[:begin] + part * self._random.choice((2, 2, 5, 300)) + value[begin:]

    def _insert(self, value: bytes) -> bytes:
        place = self._place(value)
        return value[:place] + self._random.choice(_TOKENS) + value[place:]

    def _splice(self, value: bytes) -> bytes:
        other = self._random.choice(self.corpus)
        return value[: self._place(value)] + other[self._place(other) :]

    def _reshaped(self, value: bytes) -> bytes:
        """One value somewhere in the JSON replaced; bytewise where it is none any more."""
        try:
            root = json.loads(value)
            holder, key = self._somewhere(root)
            if holder is None:
                return self._insert(value)
            holder[key] = self._random.choice(self._of_values)(holder[key])
            written = json.dumps(root, ensure_ascii=self._random.random() < 0.7, separators=(",", ":"))
        except (ValueError, RecursionError):
            return self._flip(value)
        return self._with_twice_written_keys(written).encode("utf-8", "surrogatepass")

    def _somewhere(self, root: Any) -> tuple[Any, Any]:
        """A container and a key or index in it."""
        places: list[tuple[Any, Any]] = []
        waiting = [root]
        while waiting and len(places) < 300:
            item = waiting.pop()
            entries = (
                item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
            )
            for key, inner in entries:
                places.append((item, key))
                waiting.append(inner)
        return self._random.choice(places) if places else (None, None)

    def _with_twice_written_keys(self, written: str) -> str:
        if self._random.random() < 0.1 and written.startswith("{"):
            return f'{{"type":"page","properties":[1],"type":"track",{written[1:]}'
        return written

    def _odd_value(self, value: Any) -> Any:
        odd: list[Any] = [None, True, [], {}, [[]], {"": {}}, [value], {"k": value}, str(value)[:100]]
        return self._random.choice([*odd, *_NUMBERS, *_TEXTS])

    def _deep(self, value: Any) -> Any:
        for _ in range(self._random.choice((3, 60, 245, 252, 400))):
            value = [value] if self._random.random() < 0.5 else {"k": value}
        return value

    def _wide(self, value: Any) -> Any:
        count = self._random.choice((10, 200, 2000))
        if self._random.random() < 0.5:
            return [value if count <= 10 else None] * count
        return {str(number * self._random.choice((1, 2**61 - 1))): number for number in range(count)}

    def _odd_key(self, value: Any) -> Any:
        key = self._random.choice((*_TEXTS, "@path", "length", "4294967295", "0", "-1", "constructor"))
        return {key: value}

    def _huge_key(self, _: Any) -> Any:
        return {"k" * self._random.choice((1000, 50_000)): 1}
