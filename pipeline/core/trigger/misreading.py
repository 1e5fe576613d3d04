"""The proof that Segment builds the groups that are written.

Segment's parser closes a group at the first closing parenthesis, that of a function included,
and lets the last join word of a level rule the level (reference: FQL 1.3). A text loads if
Segment reads the groups that are written, or refuses it outright (reference: 8.1, 8.3).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final, assert_never

from pipeline.core.trigger.errors import TriggerError, mistake
from pipeline.core.trigger.sentence import Clause, Close, Joint, Open, Piece
from pipeline.core.trigger.tree import Group, Join, Node, simplified

_SUSPECTS: Final = 20


def check_groups(text: str, pieces: tuple[Piece, ...], written: Group) -> None:
    """Raises TriggerError if Segment accepts the text and groups its conditions in another way."""
    if not _is_read_as_written(written, pieces):
        raise _misread(text, pieces, written)


def _is_read_as_written(written: Group, pieces: Iterable[Piece]) -> bool:
    read = _as_segment_groups(pieces)
    return read is None or simplified(read) == simplified(written)


def _as_segment_groups(pieces: Iterable[Piece]) -> Group | None:
    """How Segment groups the pieces; None if it refuses the whole text."""
    join, members, rest = Join.AND, list[Node](), iter(pieces)
    for piece in rest:
        match piece:
            case Clause(condition=condition):
                members.append(condition)
            case Joint(join=word):
                join = word
            case Open():
                inside = _until_close(rest)
                if inside is None:
                    return None
                members.append(inside)
            case Close():
                pass
            case _:
                assert_never(piece)
    return Group(join, tuple(members))


def _until_close(rest: Iterator[Piece]) -> Group | None:
    """What Segment takes for a group: up to the first `)`, and nothing may open within."""
    inside: list[Piece] = []
    for piece in rest:
        if isinstance(piece, Open):
            return None
        inside.append(piece)
        if isinstance(piece, Close) or (isinstance(piece, Clause) and piece.is_function):
            break
    return _as_segment_groups(inside)


def _misread(text: str, pieces: tuple[Piece, ...], written: Group) -> TriggerError:
    """Only a function with more behind it in its group splits Segment's groups from the written."""
    suspects = tuple(_early_functions(pieces))[:_SUSPECTS]
    culprit = next((at for at in suspects if _is_to_blame(written, pieces, at)), suspects[0])
    hint = "put it last in its group; of several, put each in parentheses: `((contains(…)) or (match(…)))`"
    problem = "Segment ends the group at the parenthesis that closes this function"
    return mistake(text, pieces[culprit].start, problem, hint)


def _early_functions(pieces: tuple[Piece, ...]) -> Iterator[int]:
    depth = 0
    for at, (piece, following) in enumerate(pairwise(pieces)):
        depth += isinstance(piece, Open) - isinstance(piece, Close)
        if depth and isinstance(piece, Clause) and piece.is_function and isinstance(following, Joint):
            yield at


def _is_to_blame(written: Group, pieces: tuple[Piece, ...], at: int) -> bool:
    """Whether all would be well if the function there had no parentheses."""
    piece = pieces[at]
    if not isinstance(piece, Clause):
        return False
    plain = replace(piece, is_function=False)
    return _is_read_as_written(written, (*pieces[:at], plain, *pieces[at + 1 :]))
