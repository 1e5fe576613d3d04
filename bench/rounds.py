"""Rounds, interleaved: A B C A B C …, so that a busy minute of the machine falls on all alike."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from bench.contenders.contender import CannotBuildError
from bench.measure import Measured, StalledError
from bench.runs import Paced, run_at_full_speed, run_paced
from bench.stage import Corpus, Stage, make_corpus
from bench.variants import Table, Variant

_PACED_S: Final = 8.0
_HALF: Final = 0.5
_Run = TypeVar("_Run")


@dataclass(slots=True)
class Row:
    """What a variant's rounds came to; `trouble` says why there are fewer than asked for."""

    name: str
    title: str
    version: str = ""
    runs: list[Measured] = field(default_factory=list)
    paced: list[Paced] = field(default_factory=list)
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A table after its rounds. `load` is the machine's load average when they began."""

    name: str
    events: int
    deliveries: int
    rounds: int
    load: float
    rows: tuple[Row, ...]


def play(
    stage: Stage, table: Table, variants: list[Variant], events: int, rounds: int, rates: dict[str, float]
) -> Result:
    """All rounds of a table. `rates` (events a second by variant) sets the pace where it is paced."""
    load = os.getloadavg()[0]
    corpus = make_corpus(table.events or max(1, int(events * table.share)))
    rows = {variant.name: _prepared(variant) for variant in variants}
    rounds = table.rounds or rounds
    for number in range(rounds):
        for variant in variants:
            row = rows[variant.name]
            if not row.trouble:
                _say(f"{table.name}, round {number + 1} of {rounds}: {variant.title}")
                _add(stage, corpus, table, variant, row, rates)
    return Result(table.name, corpus.events, corpus.deliveries, rounds, load, tuple(rows.values()))


def _prepared(variant: Variant) -> Row:
    row = Row(variant.name, variant.title)
    try:
        row.version = variant.contender.prepare()
    except CannotBuildError as error:
        row.trouble = f"could not be built: {error}"
    return row


def _add(
    stage: Stage, corpus: Corpus, table: Table, variant: Variant, row: Row, rates: dict[str, float]
) -> None:
    if not table.is_paced:
        _keep(row, row.runs, lambda: run_at_full_speed(stage, corpus, variant))
    elif variant.name in rates:
        rate = _HALF * rates[variant.name]
        _keep(row, row.paced, lambda: run_paced(stage, corpus, variant, rate, _PACED_S))
    else:
        row.trouble = "its full speed was not measured"


def _keep(row: Row, runs: list[_Run], run: Callable[[], _Run]) -> None:
    try:
        runs.append(run())
    except StalledError as error:
        row.trouble = str(error)
        _say(f"  {error}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
