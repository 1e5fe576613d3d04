"""Every event of the samples goes through, and mutated ones do too."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.decode import Framing, decode
from pipeline.core.flow import decide
from pipeline.core.outcome import Deliverable, Filtered, Reason, Rejected, Stage
from pipeline.core.plan import compile_plan, preset_definitions
from pipeline.core.record import Record
from tests.support.samples import sample_lines

PLAN = compile_plan(preset_definitions())
SAMPLES = sample_lines()
LINES = [line for lines in SAMPLES.values() for line in lines]


def record(value: bytes) -> Record:
    return Record("segment-events", 0, 0, 0, None, value)


def test_the_samples_are_there() -> None:
    assert len(SAMPLES) == 15
    assert len(LINES) > 2400


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_an_event(name: str) -> None:
    refused = [found for line in SAMPLES[name] if isinstance(found := decode(line, Framing.NONE), Rejected)]
    assert refused == []


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_deliverable_or_filtered_or_rejected_by_validation(name: str) -> None:
    for line in SAMPLES[name]:
        (part,) = decide(PLAN, record(line)).parts
        assert not isinstance(part, Rejected) or part.stage is Stage.VALIDATE


def test_samples_come_to_every_end_that_they_are_there_for() -> None:
    ends: Counter[Reason | None] = Counter()
    for line in LINES:
        (part,) = decide(PLAN, record(line)).parts
        ends[None if isinstance(part, Deliverable) else part.reason] += 1
    assert ends.keys() == {
        None,
        Reason.INTEGRATIONS_BLOCKED,
        Reason.NO_MAPPING_MATCHED,
        Reason.MISSING_TIMESTAMP,
        Reason.MISSING_MESSAGE_ID,
    }
    assert ends[None] > len(LINES) * 0.75


PIECES = st.sampled_from(
    [b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\\ud83d", b"null", b"1e999", b"9" * 20, b"\xff"]
)


@given(
    st.sampled_from(LINES),
    st.lists(st.tuples(st.randoms(use_true_random=False), PIECES), min_size=1, max_size=4),
)
def test_no_mutated_sample_raises(line: bytes, changes: list[tuple[random.Random, bytes]]) -> None:
    for chance, piece in changes:
        at = chance.randrange(len(line) + 1)
        line = line[:at] + piece + line[at + chance.randrange(3) :]
    parts = decide(PLAN, record(line)).parts
    assert parts
    assert all(isinstance(part, (Deliverable, Filtered, Rejected)) for part in parts)
