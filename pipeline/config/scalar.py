"""One scalar of the file: its text, and where each of its characters stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*")
"""An anchor or a tag before the scalar itself."""

_LONGEST_QUOTE: Final = 60
_ESCAPE_LENGTHS: Final = {"x": 4, "u": 6, "U": 10}
_PIECE: Final = re.compile(r"\w{3,}|[^\w\s`\"'…]{3,}")
_TWO_HALVES: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a scalar was written. `start` and `end` are indexes into `source`, the file's text."""

    source: str
    start: int
    end: int
    style: str | None
    value: str

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of the character at `offset` in the scalar's value.

        White space is where folding, indentation and line breaks differ between file and value,
        so the two are lined up by their other characters.
        """
        solid = sum(not character.isspace() for character in self.value[:offset])
        on_solid = offset < len(self.value) and not self.value[offset].isspace()
        index = after = self._content()[0]
        for count, (position, length) in enumerate(self._tokens()):
            if count == solid and on_solid:
                index = position
                break
            if count >= solid:
                break
            index = after = position + length
        return line_and_column(self.source, index if on_solid else after)

    def _tokens(self) -> Iterator[tuple[int, int]]:
        """Position and length in the file of every character that is not white space."""
        index, end = self._content()
        while index < end:
            length, blank = self._token(index)
            if not blank:
                yield index, length
            index += length

    def _content(self) -> tuple[int, int]:
        properties = _PROPERTIES.match(self.source, self.start, self.end)
        start = properties.end() if properties else self.start
        if self.style in ("'", '"'):
            return start + 1, self.end - 1
        if self.style in ("|", ">"):
            newline = self.source.find("\n", start, self.end)
            return (newline if newline >= 0 else self.end), self.end
        return start, self.end

    def _token(self, index: int) -> tuple[int, bool]:
        character = self.source[index]
        if self.style == "'" and character == "'":
            return 2, False
        if self.style == '"' and character == "\\":
            escape = self.source[index + 1]
            if halves := _TWO_HALVES.match(self.source, index, self.end):
                return len(halves[0]), False
            return _ESCAPE_LENGTHS.get(escape, 2), escape in "\n\r\t tnrvfNLP_"
        return 1, character.isspace()


def line_and_column(source: str, index: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character of the file."""
    before = source[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


@dataclass(frozen=True, slots=True)
class Expansion:
    """One `${…}`: where it stood in the scalar as written, and where its text stands now."""

    written_start: int
    written_end: int
    start: int
    end: int


class Text(str):
    """A scalar's text as the file has it, never turned into another type by YAML.

    `plain` is true when it was written without quotes; `variables` names what `${…}` brought in.
    """

    __slots__ = ("expansions", "origin", "plain", "variables")

    plain: bool
    variables: tuple[str, ...]
    expansions: tuple[Expansion, ...]
    origin: Origin | None

    def __new__(
        cls,
        text: str,
        *,
        plain: bool = False,
        variables: tuple[str, ...] = (),
        expansions: tuple[Expansion, ...] = (),
        origin: Origin | None = None,
    ) -> Self:
        """Keep the text and what is known of its making."""
        self = super().__new__(cls, text)
        self.plain = plain
        self.variables = variables
        self.expansions = expansions
        self.origin = origin
        return self

    def place(self, line: int, column: int) -> tuple[int, int] | None:
        """The file's line and column for a line and column, both from 1, inside this text."""
        if self.origin is None:
            return None
        lines = self.split("\n")
        offset = sum(len(earlier) + 1 for earlier in lines[: line - 1]) + column - 1
        return self.origin.place(self._as_written(offset))

    def _as_written(self, offset: int) -> int:
        shift = 0
        for expansion in self.expansions:
            if offset < expansion.start:
                break
            if offset < expansion.end:
                return expansion.written_start
            shift = expansion.written_end - expansion.end
        return offset + shift

    def is_told_in(self, message: str) -> bool:
        """Whether a message holds a piece of what variables brought in, and the file itself has not."""
        written = self.origin.value if self.origin else ""
        held = [self[expansion.start : expansion.end] for expansion in self.expansions]
        pieces = (piece for piece in _PIECE.findall(message) if piece not in written)
        return any(piece in text for piece in pieces for text in held)

    @property
    def is_absent(self) -> bool:
        """An unquoted scalar that its variables left empty counts as not written."""
        return not self and self.plain


def quoted(value: object) -> str:
    """A value for a message; what came from the environment is named, never shown."""
    if isinstance(value, Text) and value.variables:
        names = " and ".join(f"${{{name}}}" for name in value.variables)
        return f"what {names} holds"
    text = str(value)
    short = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
    printable = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in short)
    return f"`{printable}`"
