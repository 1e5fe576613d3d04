"""What whoever taps wants to see, and how it travels to the worker."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from pipeline.core.audit_record import OutcomeKind
from pipeline.core.outcome import Stage
from pipeline.core.tap.sighting import ENDS_NOTHING, KNOWS_NO_MAPPING, Sighting

T = TypeVar("T")

_PER_SECOND: Final = 10
MOST_PER_SECOND: Final = 1000
MOST_EVERY: Final = 1_000_000_000

_ON: Final = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which events are to be shown at which stage. Empty sets ask for all.

    Of them each `every`-th is shown, and at most `per_second` in a second.
    """

    stage: Stage
    event_names: frozenset[str] = frozenset()
    mappings: frozenset[str] = frozenset()
    message_ids: frozenset[str] = frozenset()
    outcomes: frozenset[OutcomeKind] = frozenset()
    every: int = 1
    per_second: int = _PER_SECOND
    with_values: bool = False

    def asks_for(self, seen: Sighting) -> bool:
        """Whether this is one of the events, before any is left out."""
        summary, end = seen.summary, seen.end
        return (
            (not self.event_names or summary.event_name in self.event_names)
            and (not self.mappings or seen.mapping in self.mappings)
            and (not self.message_ids or summary.message_id in self.message_ids)
            and (not self.outcomes or (end is not None and end.outcome in self.outcomes))
        )


def problem_of(question: Question) -> str | None:
    """Why no event can ever be shown, or None."""
    stage = question.stage
    if question.mappings and stage in KNOWS_NO_MAPPING:
        return f"at {stage} no mapping has been looked at: ask at trigger or later"
    if question.outcomes and stage in ENDS_NOTHING:
        return f"no event ends at {stage}: ask at another stage, such as audit"
    return None


class MisputError(Exception):
    """A question that a worker cannot read. The text says why, and holds nothing of it."""


def asked(question: Question) -> list[tuple[str, str]]:
    """The question as names and values."""
    return [
        ("stage", question.stage),
        *(("event", name) for name in sorted(question.event_names)),
        *(("mapping", name) for name in sorted(question.mappings)),
        *(("message_id", found) for found in sorted(question.message_ids)),
        *(("outcome", kind) for kind in sorted(question.outcomes)),
        ("every", str(question.every)),
        ("per_second", str(question.per_second)),
        *([("values", _ON)] if question.with_values else []),
    ]


def read_question(pairs: Iterable[tuple[str, str]]) -> Question:
    """The question that `asked` wrote. Raises MisputError."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    question = Question(
        stage=_one(given, "stage", "", _stage),
        event_names=frozenset(given.pop("event", ())),
        mappings=frozenset(given.pop("mapping", ())),
        message_ids=frozenset(given.pop("message_id", ())),
        outcomes=frozenset(map(_outcome, given.pop("outcome", ()))),
        every=_one(given, "every", "1", lambda text: _number(text, MOST_EVERY)),
        per_second=_one(given, "per_second", str(_PER_SECOND), lambda text: _number(text, MOST_PER_SECOND)),
        with_values=_one(given, "values", "off", lambda text: text == _ON),
    )
    if given:
        raise MisputError("the question holds a name that is not known here")
    if (problem := problem_of(question)) is not None:
        raise MisputError(problem)
    return question


def _one(given: dict[str, list[str]], name: str, default: str, read: Callable[[str], T]) -> T:
    values = given.pop(name, [default])
    if len(values) != 1:
        raise MisputError(f"{name} is given more than once")
    return read(values[0])


def _stage(text: str) -> Stage:
    try:
        return Stage(text)
    except ValueError:
        raise MisputError(f"stage is one of {', '.join(Stage)}") from None


def _outcome(text: str) -> OutcomeKind:
    try:
        return OutcomeKind(text)
    except ValueError:
        raise MisputError(f"outcome is one of {', '.join(OutcomeKind)}") from None


def _number(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        raise MisputError(f"a number is a whole one from 1 to {most}")
    return int(text)
