"""Whoever may write to the audit topic can lie to a worker, but neither crash nor silently outrank it."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from pipeline.core.audit import SourcePartition, SourcePosition, encode
from pipeline.core.commit import CommitMetadata, Committed
from tests.support.audit_entries import assignment_marker, audit_record
from tests.support.clock import settle
from tests.support.engine import AUDIT, PARTITION, TOPIC, World, event, record

PIPELINE = "kameleoon-tests"
RECORDS = 4
_HUGE = st.sampled_from([0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1])
_ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), _HUGE, st.floats(allow_nan=False), st.text(max_size=5), st.just([]), st.just({})
)


async def lived(audit: list[bytes], commit: Committed | None = None) -> tuple[World, list[str]]:
    """A worker that finds this on the audit topic, takes four events, and ends; with its warnings."""
    world = World()
    world.audit.logs[0] = list(audit)
    if commit is not None:
        world.group.commits[PARTITION] = commit
    with capture_logs() as logs:
        async with world.worker() as worker:
            await worker.open()
            await worker.take([record(offset, event(offset)) for offset in range(RECORDS)])
            await settle()
            assert worker.engine.partitions.budget.events == 0
            assert not [service for service in worker.services if service.done()]
    return world, [str(line.get("detail", line["event"])) for line in logs if line["log_level"] == "warning"]


def commit(**changes: Any) -> Committed:
    metadata = CommitMetadata(pass_=1, epoch=1, is_open=True, window=RECORDS, audit_topic=AUDIT, audit_from=0)
    return Committed(0, replace(metadata, **changes).encode())


def outcome(**changes: Any) -> bytes:
    source = SourcePosition(TOPIC, 0, 1, 1_795_428_000_000)
    return encode(audit_record(pipeline=PIPELINE, source=source, mapping="Tracks", **changes))


def changed(value: bytes, path: tuple[str, ...], to: Any) -> bytes:
    fields = orjson.loads(value)
    inner = fields
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return orjson.dumps(fields)


_FIELDS = st.sampled_from(
    [
        *[
            (name,)
            for name in ("part", "parts", "pass", "epoch", "mapping", "lost_through", "replay_of", "http")
        ],
        *[("source", name) for name in ("offset", "partition", "topic", "timestamp_ms")],
        ("source",),
        ("pipeline",),
        ("outcome",),
    ]
)


@given(st.lists(st.tuples(_FIELDS, _ODD), max_size=6), st.lists(st.binary(max_size=20), max_size=3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_forged_outcome_crashes_or_stalls_a_worker(
    changes: list[tuple[tuple[str, ...], Any]], noise: list[bytes]
) -> None:
    forged = [changed(outcome(), path, to) for path, to in changes]

    world, _ = await lived([*forged, *noise], commit())

    if not changes:
        assert {found.source.offset for found in world.audit.records()} == set(range(RECORDS))


@pytest.mark.parametrize("epoch", [3, 2**63, 2**64 - 1])
async def test_a_marker_of_a_later_epoch_is_warned_of(epoch: int) -> None:
    source = SourcePartition(TOPIC, 0)
    forged = encode(assignment_marker(pipeline=PIPELINE, source=source, epoch=epoch))

    _, warnings = await lived([forged], commit())

    assert any("a marker of a later epoch" in warning for warning in warnings)


@pytest.mark.parametrize("epoch", [1, 2])
async def test_markers_of_predecessors_are_not(epoch: int) -> None:
    source = SourcePartition(TOPIC, 0)
    mine = encode(assignment_marker(pipeline=PIPELINE, source=source, epoch=epoch))
    others = encode(assignment_marker(pipeline="another", source=source, epoch=9))

    _, warnings = await lived([mine, others], commit())

    assert warnings == []


@pytest.mark.parametrize(
    "changes",
    [{"epoch": 2**62}, {"pass_": 2**62}, {"window": 2**62}, {"audit_from": 2**62}, {"epoch": 2**64 - 1}],
)
async def test_forged_commits_neither_crash_nor_lose_anything(changes: dict[str, int]) -> None:
    world, warnings = await lived([], commit(**changes))

    assert {found.source.offset for found in world.audit.records()} == set(range(RECORDS))
    assert bool(warnings) == ("window" not in changes and changes not in ({"epoch": 2**62}, {"pass_": 2**62}))
