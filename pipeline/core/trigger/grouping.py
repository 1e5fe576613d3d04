"""From a row of pieces to a tree: parentheses and join words as they are written."""

from collections.abc import Iterable
from typing import Final, assert_never

from pipeline.core.trigger.errors import mistake, shown
from pipeline.core.trigger.sentence import Clause, Close, Joint, Open, Piece
from pipeline.core.trigger.tree import Group, Join, Node

_DEEPEST: Final = 50


def grouped(text: str, pieces: tuple[Piece, ...]) -> Group:
    """The tree as it is written. Raises TriggerError if its groups are broken."""
    return _Builder(text).build(pieces)


class _Level:
    """One group while it is read."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.join: Join | None = None
        self.members: list[Node] = []
        self.dangling: Joint | None = None

    @property
    def wants_member(self) -> bool:
        return not self.members or self.dangling is not None

    def node(self) -> Group:
        return Group(self.join or Join.AND, tuple(self.members))


class _Builder:
    """Reads parentheses as they are written."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._level = _Level(0)
        self._outer: list[_Level] = []

    def build(self, pieces: Iterable[Piece]) -> Group:
        for piece in pieces:
            self._add(piece)
        self._check_complete(self._level)
        if self._outer:
            raise mistake(
                self._text, self._level.start, "this parenthesis is never closed", "close it with `)`"
            )
        return self._level.node()

    def _add(self, piece: Piece) -> None:
        match piece:
            case Clause():
                self._member(piece.condition, piece.start)
            case Joint():
                self._joint(piece)
            case Open():
                self._open(piece)
            case Close():
                self._close(piece)
            case _:
                assert_never(piece)

    def _member(self, node: Node, start: int) -> None:
        self._check_joined(start)
        self._level.members.append(node)
        self._level.dangling = None

    def _check_joined(self, start: int) -> None:
        if not self._level.wants_member:
            raise mistake(
                self._text,
                start,
                "nothing joins this to what stands before it",
                "write `and` or `or` before it",
            )

    def _joint(self, joint: Joint) -> None:
        level = self._level
        if level.wants_member:
            problem = f"{shown(joint.join)} has no condition before it"
            raise mistake(self._text, joint.start, problem, "write one, or leave the word out")
        if level.join not in {None, joint.join}:
            hint = f"put what belongs together in parentheses: `(… {joint.join} …)`"
            problem = "`and` and `or` stand side by side: Segment takes the last of them for all"
            raise mistake(self._text, joint.start, problem, hint)
        level.join, level.dangling = joint.join, joint

    def _open(self, piece: Open) -> None:
        self._check_joined(piece.start)
        if len(self._outer) == _DEEPEST:
            problem = f"parentheses are nested more than {_DEEPEST} deep"
            raise mistake(self._text, piece.start, problem, "write the conditions in fewer groups")
        self._outer.append(self._level)
        self._level = _Level(piece.start)

    def _close(self, piece: Close) -> None:
        if not self._outer:
            raise mistake(self._text, piece.start, "this parenthesis was never opened", "leave it out")
        self._check_complete(self._level)
        node, self._level = self._level.node(), self._outer.pop()
        self._level.members.append(node)
        self._level.dangling = None

    def _check_complete(self, level: _Level) -> None:
        if level.dangling:
            problem = f"{shown(level.dangling.join)} has no condition behind it"
            raise mistake(self._text, level.dangling.start, problem, "write one, or leave the word out")
        if not level.members:
            where = "group" if self._outer else "trigger"
            hint = 'write a condition, as in `type = "track"`'
            raise mistake(self._text, level.start, f"the {where} is empty", hint)
