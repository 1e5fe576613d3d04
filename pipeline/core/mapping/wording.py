"""The directives that rewrite a text: `@case`, `@replace`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import is_number, text
from pipeline.core.mapping.allowance import MAX_TEXT, TooLongError
from pipeline.core.mapping.node import Build, Node, Value, clean

_SPECIAL: Final = re.compile(r"\$[$&`']")
_ASCII_END: Final = 0x80


def compile_case(options: Json, build: Build) -> Node:
    """`@case`: a text in upper or lower case; what is no text stays as it is."""
    part = build.part(options["value"], "value")
    change: Callable[[str], str] = str.lower if options["operator"] == "lower" else str.upper

    def changed(resolve_part: Callable[[Value], Value]) -> Callable[[Value], Value]:
        def resolve(payload: Value) -> Value:
            value = resolve_part(payload)
            if not isinstance(value, str):
                return value
            build.spend(len(value))
            return change(value)

        return resolve

    return Node(
        changed(part.raw),
        changed(part.final),
        is_clean=part.is_clean,
        is_whole=part.is_whole,
        is_defined=part.is_defined,
    )


def compile_replace(options: Json, build: Build) -> Node:
    """`@replace`: literal text for literal text; what is no text becomes empty."""
    resolve_value = build.part(options["value"], "value").final
    ignores_case, is_global = options.get("ignorecase", False), options.get("global", True)
    steps = [
        Replacement(pattern, options.get(f"replacement{number}", ""), ignores_case, is_global)
        for number in ("", "2")
        if (pattern := options.get(f"pattern{number}"))
    ]

    def resolve(payload: Value) -> Value:
        value = resolve_value(payload)
        if isinstance(value, bool) or is_number(value):
            value = text(value)
        if not isinstance(value, str):
            return ""
        try:
            for step in steps:
                value = step.apply(value)
                build.allowance.take(len(value))
        except TooLongError:
            raise build.too_long() from None
        return value

    return clean(resolve, is_defined=True)


@dataclass(frozen=True, slots=True)
class Replacement:
    """One pattern and its replacement, as String.replace takes them.

    In the replacement `$$`, `$&`, `` $` `` and `$'` stand for a dollar sign, the match, the text
    before it and the text after it.
    """

    pattern: str
    replacement: str
    ignores_case: bool
    is_global: bool

    def apply(self, value: str) -> str:
        """The value with its first match, or each, replaced. Raises TooLongError."""
        if "$" not in self.replacement and not self.ignores_case:
            return self._apply_plainly(value)
        parts: list[str] = []
        end, size = 0, len(value)
        for start in self._matches(value):
            filled = self._filled(value, start)
            size += len(filled) - len(self.pattern)
            if size > MAX_TEXT:
                raise TooLongError
            parts += (value[end:start], filled)
            end = start + len(self.pattern)
        return "".join([*parts, value[end:]])

    def _apply_plainly(self, value: str) -> str:
        count = value.count(self.pattern) if self.is_global else 1
        if len(value) + count * (len(self.replacement) - len(self.pattern)) > MAX_TEXT:
            raise TooLongError
        return value.replace(self.pattern, self.replacement, count)

    def _matches(self, value: str) -> Iterator[int]:
        pattern = self.pattern
        if self.ignores_case:
            value, pattern = same_case(value), same_case(pattern)
        start = value.find(pattern)
        while start >= 0:
            yield start
            if not self.is_global:
                return
            start = value.find(pattern, start + len(pattern))

    def _filled(self, value: str, start: int) -> str:
        end = start + len(self.pattern)

        def meaning(special: re.Match[str]) -> str:
            match special[0]:
                case "$$":
                    return "$"
                case "$&":
                    return value[start:end]
                case "$`":
                    return value[:start]
                case _:
                    return value[end:]

        return _SPECIAL.sub(meaning, self.replacement)


def same_case(string: str) -> str:
    """Each character as JavaScript's `/i` compares it: never ASCII for what is not ASCII."""
    if string.isascii():
        return string.upper()
    return "".join(map(_canonical, string))


def _canonical(char: str) -> str:
    upper = char.upper()
    if len(upper) != 1 or char > "\uffff" or ord(upper) < _ASCII_END <= ord(char):
        return char
    return upper
