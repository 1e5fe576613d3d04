"""A run of fuzzing: first the core, guided by what is reached, then the whole engine."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from pipeline.core.decode import Framing
from pipeline.core.flow import decide
from pipeline.core.outcome import Deliverable
from pipeline.core.plan import Plan
from tests.fuzz.mutation import Mutator
from tests.fuzz.reached import Reached
from tests.fuzz.world import Chunk, Figures, run_workers
from tests.support.engine import record
from tests.support.samples import sample_lines

SLOWEST_RECORD_S: Final = 10.0
_CHUNK: Final = 200
_CHUNKS: Final = 5
_LIVES: Final = 2
_FRAMES: Final = {Framing.NONE: b"", Framing.CONFLUENT: bytes(5)}
_LONGEST_DETAIL: Final = 4096
_LARGEST_KEPT: Final = 20_000


@dataclass
class Guided:
    """What the guided part found: records that reach what none did before stay in the corpus."""

    corpus: list[bytes]
    records: int = 0
    steps: int = 0
    slowest_s: float = 0.0


def explore(mutator: Mutator, plans: tuple[Plan, ...], records: int) -> Guided:
    """Mutate, keep what reaches new steps of the core, mutate that further."""
    reached = Reached()
    found = Guided(mutator.corpus)
    for value in list(mutator.corpus):
        reached.by(lambda value=value: _decide_under_all(plans, value))  # type: ignore[misc]  # mypy sees no lambda default
    for _ in range(records):
        value = mutator.record()
        started_s = time.process_time()
        is_new = reached.by(lambda value=value: _decide_under_all(plans, value))  # type: ignore[misc]  # the same
        found.slowest_s = max(found.slowest_s, time.process_time() - started_s)
        assert found.slowest_s < SLOWEST_RECORD_S, value[:1000]
        if is_new and len(value) < _LARGEST_KEPT:
            found.corpus.append(value)
    found.records, found.steps = records, len(reached.steps)
    return found


def _decide_under_all(plans: tuple[Plan, ...], value: bytes) -> None:
    for plan in plans:
        decided = decide(plan, record(0, value))
        assert decided.parts
        for part in decided.parts:
            if not isinstance(part, Deliverable):
                assert len(part.detail) < _LONGEST_DETAIL


def storm(
    mutator: Mutator, plans: tuple[Plan, ...], records: int, tell: Callable[[Figures], None]
) -> Figures:
    """Mutated records through workers on fakes, each worker ended by a crash."""
    figures = Figures()
    while figures.records < records:
        left = records - figures.records
        for plan in plans:
            asyncio.run(run_workers(plan, _lives(mutator, left, _FRAMES[plan.framing]), figures))
        tell(figures)
    return figures


def _lives(mutator: Mutator, records: int, frame: bytes) -> list[list[Chunk]]:
    size = min(_CHUNK, max(1, records // (_LIVES * _CHUNKS)))
    return [[[frame + mutator.record() for _ in range(size)] for _ in range(_CHUNKS)] for _ in range(_LIVES)]


def new_mutator(seed: int) -> Mutator:
    """A mutator over the captured events."""
    corpus = [line for lines in sample_lines().values() for line in lines]
    return Mutator(Random(seed), corpus)  # noqa: S311 (reproducible, not secret)
