"""What the bench needs to know of a contender."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.job import Job
from bench.processes import Command


class CannotBuildError(Exception):
    """A contender that this machine cannot have; the text says why."""


def ready() -> str:
    """Nothing to build."""
    return ""


@dataclass(frozen=True, slots=True)
class Contender:
    """One program under test.

    `prepare` builds what it needs once and answers its version; it raises CannotBuildError.
    `reads_kafka` is False for what is fed from a file: it has no latency from a topic.
    """

    name: str
    title: str
    command: Callable[[Job], Command]
    prepare: Callable[[], str] = ready
    reads_kafka: bool = True
