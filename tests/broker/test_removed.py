"""Events that retention removes under a worker: told as lost with their exact range, and gone on behind."""

from typing import Final

import pytest

from pipeline.adapters.sandbox import Faults, Story
from pipeline.cli.exits import ExitCode
from tests.support.reconciled import reconciled
from tests.support.waiting import until
from tests.support.worker.accounts import AuditBook
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.pages import ANY_PORT, scraped
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

REMOVED: Final = "retention removed records before they were read"
Range = tuple[int, int, int]
"""Partition, first and last offset."""


def _lost(book: AuditBook) -> set[Range]:
    told = [outcome.record for outcome in book.outcomes]
    return {
        (each.source.partition, each.source.offset, each.lost_through)
        for each in told
        if each.lost_through is not None
    }


def _covered(book: AuditBook) -> int:
    """How many offsets the audit accounts for; events of one part each."""
    lost = sum(last - first + 1 for _, first, last in _lost(book))
    return lost + sum(outcome.record.lost_through is None for outcome in book.outcomes)


async def test_what_is_removed_while_no_worker_runs(scene: Scene) -> None:
    """A part of one partition, all that was new in another."""
    config = scene.config(admin=ANY_PORT)
    await scene.produce(tracks(40))
    first = await scene.started(config)
    await scene.accounted(40)
    assert await first.stop() == 0
    await scene.produce(tracks(40, first=40))
    scene.operator.delete_records(scene.kafka.topics.events, {0: 15, 1: 20})

    worker = await scene.started(config)
    await scene.audited(lambda book: _covered(book) == 80)
    metrics = await scraped(worker, lambda found: found.values("records_lost_total") != [0])
    assert await worker.stop() == 0

    ranges = {(0, 10, 14), (1, 10, 19)}
    assert _lost(await scene.book()) == ranges
    assert {(line["partition"], line["first"], line["last"]) for line in worker.said(REMOVED)} == ranges
    assert metrics.values("records_lost_total") == [15]
    found = await reconciled(config)
    assert (found.exit_code, found.wrong, found.total("lost")) == (ExitCode.FINE, {}, 15)
    assert len(scene.sandbox.received()) == 80 - 15, "no event twice, and none in vain"


async def test_what_is_removed_under_a_worker_that_waits(scene: Scene) -> None:
    """Kameleoon takes nothing for longer than the events are kept; what was read by then is delivered."""
    config = scene.config(delivery={"concurrency": 8})
    events = [letter(track(n, properties={"text": "x" * 2000}), 0) for n in range(4000)]
    scene.sandbox.faults = Faults(Story(statuses=(503,)))
    await scene.produce(events)
    worker = await scene.started(config)
    await scene.arrived(20)
    scene.operator.delete_records(scene.kafka.topics.events, {0: 3990})

    scene.sandbox.faults = Faults()
    await until(lambda: worker.said(REMOVED), "it tells of the gap")
    await scene.audited(lambda book: _covered(book) == len(events))
    assert await worker.stop() == 0

    ((partition, first, last),) = _lost(await scene.book())
    assert (partition, last) == (0, 3989)
    told = {outcome.record.message_id for outcome in (await scene.book()).outcomes}
    assert told >= {f"m-{number}" for number in (*range(first), *range(3990, 4000))}
    found = await reconciled(config)
    assert (found.exit_code, found.wrong, found.total("lost")) == (ExitCode.FINE, {}, last - first + 1)
