"""What a torture run does to the pipeline and its surroundings, and when: a closed set, with a text form.

A schedule is a list of timed acts. Its text form is one act a line, `12.300 kill 1`: what is printed
can be shortened by hand and run again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never


class Trouble(StrEnum):
    """What the endpoint can have."""

    ERRORS = "errors"
    UNAVAILABLE = "unavailable"
    THROTTLED = "throttled"
    SLOW = "slow"
    RESETS = "resets"
    CUT_OFF = "cut-off"
    UNAUTHORISED = "unauthorised"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Start:
    """Start the worker of this number, once its predecessor has ended."""

    worker: int


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL."""

    worker: int


@dataclass(frozen=True, slots=True)
class Terminate:
    """SIGTERM."""

    worker: int


@dataclass(frozen=True, slots=True)
class Stall:
    """SIGSTOP."""

    worker: int


@dataclass(frozen=True, slots=True)
class Wake:
    """SIGCONT."""

    worker: int


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until the worker has partitions open; what is still to happen to it happens so much later."""

    worker: int


@dataclass(frozen=True, slots=True)
class StopNode:
    """End a Kafka node as an operator would."""

    node: int


@dataclass(frozen=True, slots=True)
class KillNode:
    """SIGKILL a Kafka node."""

    node: int


@dataclass(frozen=True, slots=True)
class StartNode:
    """Bring a Kafka node back."""

    node: int


@dataclass(frozen=True, slots=True)
class Begin:
    """The endpoint gets a trouble, in place of any before."""

    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Heal:
    """The endpoint is well again."""


_OnWorker = Start | Kill | Terminate | Stall | Wake | Await
_OnNode = StopNode | KillNode | StartNode
Act = _OnWorker | _OnNode | Begin | Heal


@dataclass(frozen=True, slots=True)
class Timed:
    """An act, and when it is due after the beginning of the run."""

    at_s: float
    act: Act

    def __str__(self) -> str:
        return f"{self.at_s:8.3f} {_words(self.act)}"


_ON_WORKERS: Final[dict[str, type[_OnWorker]]] = {
    "start": Start,
    "kill": Kill,
    "terminate": Terminate,
    "stall": Stall,
    "wake": Wake,
    "await": Await,
}
_ON_NODES: Final[dict[str, type[_OnNode]]] = {
    "stop-node": StopNode,
    "kill-node": KillNode,
    "start-node": StartNode,
}
_VERBS: Final = {kind: verb for verb, kind in (_ON_WORKERS | _ON_NODES).items()}


def _words(act: Act) -> str:
    match act:
        case Start(number) | Kill(number) | Terminate(number) | Stall(number) | Wake(number) | Await(number):
            return f"{_VERBS[type(act)]} {number}"
        case StopNode(number) | KillNode(number) | StartNode(number):
            return f"{_VERBS[type(act)]} {number}"
        case Begin(trouble):
            return f"begin {trouble}"
        case Heal():
            return "heal"
        case _:
            assert_never(act)


def as_text(schedule: Iterable[Timed]) -> str:
    """One act a line."""
    return "".join(f"{timed}\n" for timed in schedule)


def from_text(text: str) -> tuple[Timed, ...]:
    """The schedule that `as_text` wrote; blank lines and those behind a `#` are left out.

    Raises ValueError with the line that is no act.
    """
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return tuple(sorted((_timed(words) for words in lines if words), key=lambda timed: timed.at_s))


def _timed(words: list[str]) -> Timed:
    try:
        at_s, verb, *rest = words
        return Timed(float(at_s), _act(verb, rest))
    except (KeyError, ValueError):
        raise ValueError(f"{' '.join(words)!r} is no act, such as `12.3 kill 1` or `20 begin slow`") from None


def _act(verb: str, rest: list[str]) -> Act:
    if verb == "heal" and not rest:
        return Heal()
    (argument,) = rest
    if verb == "begin":
        return Begin(Trouble(argument))
    if verb in _ON_NODES:
        return _ON_NODES[verb](int(argument))
    return _ON_WORKERS[verb](int(argument))
