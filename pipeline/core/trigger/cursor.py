"""Going through the tokens of a trigger; words around dots are one (reference: FQL 1.2)."""

from dataclasses import dataclass

from pipeline.core.trigger.errors import TriggerError, mistake, shown
from pipeline.core.trigger.tokens import Kind, Token


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or several with dots between: a field, an unquoted value, a function's name."""

    parts: tuple[Token, ...]

    @property
    def token(self) -> Token:
        """The whole as one token."""
        first = self.parts[0]
        raw = ".".join(part.raw for part in self.parts)
        return Token(Kind.WORD, ".".join(part.text for part in self.parts), raw, first.start)

    @property
    def is_spaced(self) -> bool:
        """Whether there is white space around a dot."""
        return self.parts[-1].end - self.parts[0].start != len(self.token.raw)


class Cursor:
    """A place among the tokens; it never goes beyond the last one, which is END."""

    def __init__(self, text: str, tokens: tuple[Token, ...]) -> None:
        self.text = text
        self._tokens = tokens
        self._at = 0

    def peek(self, ahead: int = 0) -> Token:
        """The next token, or one behind it."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, stepping over it."""
        token = self.peek()
        self._at += 1
        return token

    def word(self) -> Word:
        """The word that begins with the next token. Raises TriggerError for a loose dot."""
        parts = [self.take()]
        while self.peek().kind is Kind.DOT:
            dot = self.take()
            if self.peek().kind is not Kind.WORD:
                raise self._loose(dot)
            parts.append(self.take())
        return Word(tuple(parts))

    def mistake(self, token: Token, problem: str, hint: str) -> TriggerError:
        """The error for the place of `token`."""
        return mistake(self.text, token.start, problem, hint)

    def _loose(self, dot: Token) -> TriggerError:
        part = self.peek()
        if part.kind in {Kind.JOIN, Kind.NULL, Kind.NUMBER}:
            hint = f"write {shown('.' + chr(92) + part.raw)}"
            return self.mistake(part, f"Segment ends a path before {shown(part.raw)}", hint)
        return self.mistake(dot, "the dot leads nowhere", "write a name behind it, or put a text in quotes")
